#pragma once

#include <string>
#include <string_view>

namespace heed {

std::string small_letters(std::string_view ascii);

/// Whether an attribute (its name in small letters, without a namespace's prefix; its value as it
/// stands in the file) runs nothing and refers to nothing but its own SVG or an image it carries.
bool is_harmless(const std::string& name, const std::string& value);

}  // namespace heed
