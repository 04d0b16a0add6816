#pragma once

#include <string>
#include <string_view>

namespace heed {

/// Any text as the content of an element or of a quoted attribute: nothing in it is markup.
/// Bytes that are no UTF-8, and control characters that HTML forbids, become U+FFFD.
std::string html_text(std::string_view text);

}  // namespace heed
