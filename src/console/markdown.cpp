#include "src/console/markdown.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cctype>

namespace heed {
namespace {

std::string table_line(const std::vector<std::string>& cells) {
  return fmt::format("| {} |\n", fmt::join(cells, " | "));
}

}  // namespace

std::string markdown_cell(const std::string& text) {
  std::string escaped;
  for (const char c : text) escaped += c == '|' ? std::string("\\|") : std::string(1, c);
  return escaped;
}

std::string markdown_table(const std::vector<std::string>& header,
                           const std::vector<std::vector<std::string>>& rows) {
  auto text = table_line(header) + table_line(std::vector<std::string>(header.size(), "---"));
  for (const auto& row : rows) {
    std::vector<std::string> cells;
    for (const auto& cell : row) cells.push_back(markdown_cell(cell));
    text += table_line(cells);
  }
  return text;
}

std::string markdown_anchor(const std::string& heading) {
  std::string anchor;
  for (const char c : heading) {
    if (std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-')
      anchor += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    else if (c == ' ')
      anchor += '-';
  }
  return anchor;
}

std::string markdown_code(const std::string& text) { return text.empty() ? "" : "`" + text + "`"; }

std::string markdown_block(const std::string& lines, const std::string& language) {
  return fmt::format("```{}\n{}\n```\n", language, lines);
}

}  // namespace heed
