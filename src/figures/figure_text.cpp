#include "src/figures/figure_text.h"

#include <algorithm>
#include <cmath>
#include <string_view>

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

}  // namespace heed
