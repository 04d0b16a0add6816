#pragma once

#include <string>
#include <string_view>

namespace heed {

std::string lower_case(std::string_view ascii);

/// True if an attribute runs no code and refers only to its own SVG or to an image that it
/// contains. `name` is in lower case, without the prefix of a namespace; `value` is the raw text of
/// the file.
bool is_harmless(const std::string& name, const std::string& value);

}  // namespace heed
