#pragma once

#include <string>
#include <string_view>

namespace heed {

/// The words of a text in lines of at most `width` columns, each behind `indent` and ended; a
/// longer word has a line of its own. Line ends in the text stay.
std::string word_wrapped(std::string_view text, int width, const std::string& indent = "");

/// A line as wide as the text, to stand below it.
std::string rule(std::string_view text);

}  // namespace heed
