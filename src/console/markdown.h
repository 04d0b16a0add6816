#pragma once

#include <string>
#include <vector>

namespace heed {

/// Text that is safe in a cell of a Markdown table: "|" is escaped.
std::string markdown_cell(const std::string& text);

/// A Markdown table, each line ended.
std::string markdown_table(const std::vector<std::string>& header,
                           const std::vector<std::vector<std::string>>& rows);

/// The anchor that GitHub gives a heading: "[train.lr] and `x`" becomes "trainlr-and-x".
std::string markdown_anchor(const std::string& heading);

/// "`text`", or "" for an empty text.
std::string markdown_code(const std::string& text);

/// Lines between ``` fences.
std::string markdown_block(const std::string& lines, const std::string& language = "");

}  // namespace heed
