#include "src/figures/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>
#include <utility>

#include "src/console/console_table.h"

namespace heed {
namespace {

constexpr std::string_view narrow_letters = "ijlftrI.,:;'|!()[] ";
constexpr std::string_view wide_letters = "mwMW@%ABCDGHKNOQRUXV&+=<>#";

// An average letter is 0.6 of the font size wide.
double letter_width(const ShownCharacter& character) {
  const auto code = character.code_point;
  const bool ascii = code < 0x80;
  const bool narrow = ascii && narrow_letters.find(static_cast<char>(code)) != std::string::npos;
  const bool wide =
      ascii ? wide_letters.find(static_cast<char>(code)) != std::string::npos : code >= 0x2000;
  const bool superscript =
      code == 0xB9 || code == 0xB2 || code == 0xB3 || (code >= 0x2070 && code <= 0x207F);
  return character.width * (narrow || superscript ? .42 : wide ? .96 : .64);
}

// A word with the space before it, or a part of one that ends with a mark.
std::vector<std::string> split_pieces(const std::string& text) {
  std::vector<std::string> pieces = {""};
  for (const char c : text) {
    if (c == ' ') pieces.emplace_back();
    pieces.back() += c;
    if (c == '_' || c == '-' || c == '/') pieces.emplace_back();
  }
  return pieces;
}

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(' ');
  return first == std::string::npos ? "" : text.substr(first);
}

bool invisible(char32_t code) {
  return (code >= 0x80 && code <= 0xA0) || code == 0xAD || (code >= 0x200B && code <= 0x200F) ||
         (code >= 0x2028 && code <= 0x202F) || (code >= 0x2060 && code <= 0x206F) ||
         code == 0xFEFF || (code & 0xFFFE) == 0xFFFE;
}

std::string visible_character(const ShownCharacter& character) {
  const auto code = static_cast<uint32_t>(character.code_point);
  if (!character.valid)
    return fmt::format("\\x{:02X}", static_cast<unsigned char>(character.bytes.front()));
  if (code == '\n') return "⏎";
  if (code == '\t') return "⇥";
  if (code < 0x20 || code == 0x7F) return fmt::format("\\x{:02X}", code);
  return invisible(code) ? fmt::format("U+{:04X}", code) : std::string(character.bytes);
}

std::string visible_text(std::string_view text) {
  std::string visible;
  for (const auto& character : shown_characters(text)) visible += visible_character(character);
  return visible;
}

using CodeRanges = std::vector<std::pair<uint32_t, uint32_t>>;

// What fontconfig says that the fonts of this machine can draw: "20-7e a0 ...", in hexadecimal.
CodeRanges read_font_coverage() {
  CodeRanges ranges;
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> list(
      ::popen("fc-list --format '%{charset}\n' 2>/dev/null", "r"), ::pclose);
  uint32_t first = 0, last = 0;
  while (list && std::fscanf(list.get(), "%x", &first) == 1)
    ranges.emplace_back(first, std::fscanf(list.get(), "-%x", &last) == 1 ? last : first);
  if (ranges.empty()) ranges = {{0x20, 0x2FFF}};
  return ranges;
}

bool in_some_font(char32_t code) {
  static const CodeRanges ranges = read_font_coverage();
  return std::any_of(ranges.begin(), ranges.end(), [code](const auto& range) {
    return range.first <= code && code <= range.second;
  });
}

}  // namespace

int text_width(const std::string& text, int px) {
  double width = 0;
  for (const auto& character : shown_characters(text)) width += letter_width(character);
  return static_cast<int>(std::ceil(width * px));
}

int widest(const std::vector<std::string>& texts, int px) {
  int width = 0;
  for (const auto& text : texts) width = std::max(width, text_width(text, px));
  return width;
}

std::string fitted(const std::string& text, int px, double room) {
  int letters = display_width(text);
  while (letters > 0 && text_width(shortened(text, letters), px) > room) --letters;
  return shortened(text, letters);
}

std::vector<std::string> wrapped(const std::string& text, int px, double room) {
  std::vector<std::string> lines = {""};
  for (const auto& piece : split_pieces(text)) {
    if (!lines.back().empty() && text_width(lines.back() + piece, px) > room) lines.emplace_back();
    lines.back() += lines.back().empty() ? trimmed(piece) : piece;
  }
  return lines;
}

// In double quotes gnuplot expands escapes and runs text between backticks.
std::string gnuplot_literal(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\')
      quoted += std::string("\\") + c;
    else if (c == '`' || static_cast<unsigned char>(c) < 0x20)
      quoted += fmt::format("\\{:03o}", static_cast<unsigned>(c));
    else
      quoted += c;
  }
  return quoted + "\"";
}

std::string drawable(std::string_view text) {
  std::string result;
  for (const auto& character : shown_characters(text)) {
    const auto code = character.code_point;
    const bool draws = !character.valid || code < 0x7F || in_some_font(code);
    result +=
        draws ? std::string(character.bytes) : fmt::format("U+{:04X}", static_cast<uint32_t>(code));
  }
  return result;
}

std::string quote(std::string_view text) { return gnuplot_literal(drawable(visible_text(text))); }

std::string quote_tick(std::string_view text) {
  std::string doubled;
  for (const char c : text) doubled += c == '%' ? "%%" : std::string(1, c);
  return quote(doubled);
}

std::string visible_token(std::string_view token) {
  if (token.empty()) return "∅";
  const auto first = std::min(token.find_first_not_of(' '), token.size());
  const auto end = std::max(token.find_last_not_of(' ') + 1, first);
  std::string visible;
  for (size_t i = 0; i < first; ++i) visible += "␣";
  visible += visible_text(token.substr(first, end - first));
  for (size_t i = end; i < token.size(); ++i) visible += "␣";
  return visible;
}

}  // namespace heed
