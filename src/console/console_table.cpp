#include "src/console/console_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <stdexcept>
#include <utility>

#include "src/console/word_wrap.h"

namespace heed {
namespace {

constexpr int column_gap = 2;

struct Range {
  char32_t first, last;
};

// The blocks that matter in practice; Unicode has more.
constexpr std::array<Range, 19> zero_width = {{{0x300, 0x36F},
                                               {0x483, 0x489},
                                               {0x591, 0x5BD},
                                               {0x5BF, 0x5BF},
                                               {0x5C1, 0x5C2},
                                               {0x610, 0x61A},
                                               {0x64B, 0x65F},
                                               {0x670, 0x670},
                                               {0x93C, 0x93C},
                                               {0x941, 0x948},
                                               {0x94D, 0x94D},
                                               {0x1AB0, 0x1AFF},
                                               {0x1DC0, 0x1DFF},
                                               {0x200B, 0x200F},
                                               {0x202A, 0x202E},
                                               {0x2060, 0x2069},
                                               {0x20D0, 0x20FF},
                                               {0xFE00, 0xFE0F},
                                               {0xFE20, 0xFE2F}}};
constexpr std::array<Range, 14> double_width = {{{0x1100, 0x115F},
                                                 {0x2E80, 0x303E},
                                                 {0x3041, 0x4DBF},
                                                 {0x4E00, 0xA4CF},
                                                 {0xA960, 0xA97C},
                                                 {0xAC00, 0xD7A3},
                                                 {0xF900, 0xFAFF},
                                                 {0xFE30, 0xFE6F},
                                                 {0xFF00, 0xFF60},
                                                 {0xFFE0, 0xFFE6},
                                                 {0x1F300, 0x1F64F},
                                                 {0x1F680, 0x1F6FF},
                                                 {0x1F900, 0x1FAFF},
                                                 {0x20000, 0x3FFFD}}};

template <size_t n>
bool within(const std::array<Range, n>& ranges, char32_t code_point) {
  return std::any_of(ranges.begin(), ranges.end(), [code_point](const Range& range) {
    return range.first <= code_point && code_point <= range.last;
  });
}

int measure_width(char32_t code_point) {
  if (code_point < zero_width.front().first) return 1;
  if (within(zero_width, code_point) || code_point == 0xFEFF) return 0;
  return within(double_width, code_point) ? 2 : 1;
}

ShownCharacter first_character(std::string_view text) {
  const auto byte = [text](size_t i) { return static_cast<unsigned char>(text[i]); };
  const ShownCharacter broken{.bytes = text.substr(0, 1), .code_point = 0xFFFD, .valid = false};
  const char32_t lead = byte(0);
  if (lead < 0x80) return {.bytes = text.substr(0, 1), .code_point = lead};
  const size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || length > text.size()) return broken;
  char32_t value = lead & (0xFFu >> (length + 1));
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return broken;
    value = value << 6 | (byte(i) & 0x3Fu);
  }
  const bool overlong = (length == 3 && value < 0x800) || (length == 4 && value < 0x10000);
  const bool surrogate = value >= 0xD800 && value < 0xE000;
  if (overlong || surrogate || value > 0x10FFFF) return broken;
  return {.bytes = text.substr(0, length), .code_point = value, .width = measure_width(value)};
}

std::string without_controls(const std::string& text) {
  std::string plain;
  for (const auto& character : shown_characters(text)) {
    const auto code = character.code_point;
    const bool control = code < 0x20 || (code >= 0x7F && code < 0xA0);
    plain += control ? " " : character.valid ? std::string(character.bytes) : "\uFFFD";
  }
  return plain;
}

// A piece is never broken: a word, or a part of one that ends with an underscore.
struct Piece {
  std::string text;
  bool begins_word = true;
};

std::vector<Piece> split_pieces(const std::string& text) {
  std::vector<Piece> pieces;
  bool begins_word = true;
  for (const char c : text) {
    if (c == ' ') {
      begins_word = true;
      continue;
    }
    if (begins_word || pieces.back().text.back() == '_') pieces.push_back({"", begins_word});
    pieces.back().text += c;
    begins_word = false;
  }
  return pieces;
}

int longest_piece(const std::string& text) {
  int longest = 0;
  for (const auto& piece : split_pieces(text))
    longest = std::max(longest, display_width(piece.text));
  return longest;
}

// Breaks a cell only if it does not fit, so that indented cells stay as they are.
std::vector<std::string> broken_into(const std::string& text, int width) {
  if (display_width(text) <= width) return {text};
  std::vector<std::string> lines;
  for (const auto& [piece, begins_word] : split_pieces(text)) {
    const auto more = (begins_word ? " " : "") + piece;
    if (!lines.empty() && display_width(lines.back()) + display_width(more) <= width)
      lines.back() += more;
    else
      lines.push_back(piece);
  }
  return lines;
}

std::string format_line(const std::vector<std::string>& cells,
                        const std::vector<TableColumn>& columns, const std::vector<int>& widths) {
  std::string line;
  for (size_t i = 0; i < cells.size(); ++i) {
    const auto padding = static_cast<size_t>(std::max(0, widths[i] - display_width(cells[i])));
    if (i > 0) line.append(column_gap, ' ');
    if (columns[i].align == Align::right) line.append(padding, ' ');
    line += cells[i];
    if (columns[i].align == Align::left) line.append(padding, ' ');
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

std::string row_text(const std::vector<std::string>& cells, const std::vector<TableColumn>& columns,
                     const std::vector<int>& widths) {
  std::vector<std::vector<std::string>> broken;
  size_t height = 0;
  for (size_t i = 0; i < cells.size(); ++i) {
    broken.push_back(broken_into(without_controls(cells[i]), widths[i]));
    height = std::max(height, broken.back().size());
  }
  std::string text;
  for (size_t line = 0; line < height; ++line) {
    std::vector<std::string> part;
    for (const auto& cell : broken) part.push_back(line < cell.size() ? cell[line] : "");
    text += format_line(part, columns, widths);
  }
  return text;
}

std::string csv_field(const std::string& cell) {
  const bool bare = cell.find_first_of(",\"\r\n") == std::string::npos &&
                    (cell.empty() || (cell.front() != ' ' && cell.back() != ' '));
  if (bare) return cell;
  std::string quoted = "\"";
  for (const char c : cell) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + "\"";
}

std::string csv_line(const std::vector<std::string>& cells) {
  std::string line;
  for (size_t i = 0; i < cells.size(); ++i) line += (i > 0 ? "," : "") + csv_field(cells[i]);
  return line + "\n";
}

std::vector<std::string> list_headers(const std::vector<TableColumn>& columns) {
  std::vector<std::string> headers;
  for (const auto& column : columns) headers.push_back(column.header);
  return headers;
}

}  // namespace

std::vector<ShownCharacter> shown_characters(std::string_view text) {
  std::vector<ShownCharacter> characters;
  while (!text.empty()) {
    characters.push_back(first_character(text));
    text.remove_prefix(characters.back().bytes.size());
  }
  return characters;
}

int display_width(std::string_view text) {
  int width = 0;
  for (const auto& character : shown_characters(text)) width += character.width;
  return width;
}

std::string shortened(std::string_view text, int width) {
  if (display_width(text) <= width) return std::string(text);
  if (width <= 0) return "";
  std::string kept;
  int used = 1;  // the ellipsis
  for (const auto& character : shown_characters(text)) {
    used += character.width;
    if (used > width) break;
    kept += character.bytes;
  }
  return kept + "…";
}

ConsoleTable::ConsoleTable(std::vector<TableColumn> columns, std::string title)
    : columns_(std::move(columns)), title_(std::move(title)) {}

void ConsoleTable::add_row(std::vector<std::string> cells) {
  if (cells.size() != columns_.size())
    throw std::runtime_error(
        fmt::format("a table of {} columns got a row of {} cells", columns_.size(), cells.size()));
  rows_.push_back(std::move(cells));
}

std::vector<int> ConsoleTable::column_widths(int max_width) const {
  std::vector<int> widths, least;
  for (size_t i = 0; i < columns_.size(); ++i) {
    const auto header = without_controls(columns_[i].header);
    widths.push_back(display_width(header));
    least.push_back(longest_piece(header));
    for (const auto& row : rows_) {
      const auto cell = without_controls(row[i]);
      const int width = display_width(cell);
      widths[i] = std::max(widths[i], width);
      least[i] =
          std::max(least[i], columns_[i].align == Align::right ? width : longest_piece(cell));
    }
  }
  const int gaps = column_gap * (static_cast<int>(columns_.size()) - 1);
  int excess = std::accumulate(widths.begin(), widths.end(), gaps) - max_width;
  for (; excess > 0; --excess) {
    int* widest = nullptr;  // of those that can be made narrower
    for (size_t i = 0; i < widths.size(); ++i)
      if (widths[i] > least[i] && (!widest || widths[i] > *widest)) widest = &widths[i];
    if (!widest) break;
    --*widest;
  }
  return widths;
}

std::string ConsoleTable::to_text(int max_width) const {
  const auto widths = column_widths(max_width);
  std::string text =
      title_.empty() ? "" : word_wrapped(without_controls(title_), std::max(max_width, 1));
  text += row_text(list_headers(columns_), columns_, widths);
  std::vector<std::string> rules;
  for (const int width : widths) {
    rules.emplace_back();
    for (int i = 0; i < width; ++i) rules.back() += "─";
  }
  text += format_line(rules, columns_, widths);
  for (const auto& row : rows_) text += row_text(row, columns_, widths);
  return text;
}

std::string ConsoleTable::to_csv() const {
  std::string text = csv_line(list_headers(columns_));
  for (const auto& row : rows_) text += csv_line(row);
  return text;
}

}  // namespace heed
