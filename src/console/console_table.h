#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace heed {

/// One character of a text, as a terminal or a figure displays it.
struct ShownCharacter {
  std::string_view bytes;   ///< points into the text
  char32_t code_point = 0;  ///< U+FFFD if not valid
  bool valid = true;        ///< false for a byte that belongs to no UTF-8 character
  int width = 1;            ///< columns of a terminal: 0 (combining marks), 1 or 2 (CJK, emoji)
};

std::vector<ShownCharacter> shown_characters(std::string_view text);

/// The columns that a UTF-8 text takes in a terminal; control characters count as one.
int display_width(std::string_view text);

/// The text, cut to `width` columns with "…" at its end if it is longer.
std::string shortened(std::string_view text, int width);

enum class Align { left, right };

struct TableColumn {
  std::string header;
  Align align = Align::left;
};

/// A table for a terminal (to_text) or a program (to_csv). Columns of numbers should be aligned to
/// the right.
class ConsoleTable {
 public:
  explicit ConsoleTable(std::vector<TableColumn> columns, std::string title = "");

  /// One cell per column; throws std::runtime_error if there are more or fewer.
  void add_row(std::vector<std::string> cells);

  /// Title, headers, a rule and rows; no trailing spaces, every line ends with a newline. A table
  /// wider than `max_width` columns is made narrower by breaking headers and left-aligned cells at
  /// spaces and after underscores. Right-aligned cells are never broken, so it can stay wider. A
  /// control character in a cell becomes a space.
  std::string to_text(int max_width = 80) const;

  /// Headers and rows, quoted as in RFC 4180; every line ends with a plain newline, as in
  /// metrics.csv. The title is left out.
  std::string to_csv() const;

  const std::string& title() const { return title_; }
  const std::vector<TableColumn>& columns() const { return columns_; }
  const std::vector<std::vector<std::string>>& rows() const { return rows_; }

 private:
  std::vector<int> column_widths(int max_width) const;

  std::vector<TableColumn> columns_;
  std::vector<std::vector<std::string>> rows_;
  std::string title_;
};

}  // namespace heed
