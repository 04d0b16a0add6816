#pragma once

#include <string>
#include <string_view>

namespace heed {

class ConsoleTable;

/// Any text as the content of an element or of a quoted attribute: nothing in it is markup.
/// Bytes that are no UTF-8, and control characters that HTML forbids, become U+FFFD.
std::string html_text(std::string_view text);

/// A table as <table>: its title is the caption, and the cells of right-aligned columns have the
/// class "number". Cells hold text, never markup.
std::string html_table(const ConsoleTable& table);

}  // namespace heed
