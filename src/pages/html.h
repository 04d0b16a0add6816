#pragma once

#include <string>
#include <string_view>

namespace heed {

class ConsoleTable;

/// A text as the content of an element or of a quoted attribute; nothing in it is markup. Invalid
/// UTF-8 bytes, and control characters that HTML forbids, become U+FFFD.
std::string html_text(std::string_view text);

/// A table as <table>: its title is the caption, and the cells of right-aligned columns have the
/// class "number". Cells hold text, never markup.
std::string html_table(const ConsoleTable& table);

/// A whole page around `body`: one file in heed's style, for light and dark screens and for paper.
/// `title` is text, `body` markup.
std::string html_page(const std::string& title, const std::string& body);

}  // namespace heed
