#include "train/data/utf8.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace heed {
namespace {

unsigned byte_at(std::string_view text, size_t index) {
  return static_cast<unsigned char>(text[index]);
}

// The length of the sequence that starts at `start`, or 0 if it is invalid.
size_t sequence_length(std::string_view text, size_t start) {
  const unsigned lead = byte_at(text, start);
  if (lead < 0x80) return 1;
  const size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || start + length > text.size()) return 0;
  for (size_t i = 1; i < length; ++i)
    if ((byte_at(text, start + i) & 0xC0) != 0x80) return 0;
  const unsigned second = byte_at(text, start + 1);
  const bool overlong = (lead == 0xE0 && second < 0xA0) || (lead == 0xF0 && second < 0x90);
  const bool surrogate = lead == 0xED && second >= 0xA0;
  const bool beyond = lead == 0xF4 && second >= 0x90;
  return overlong || surrogate || beyond ? 0 : length;
}

}  // namespace

void each_utf8_character(std::string_view text, const std::string& origin,
                         const std::function<void(std::string_view)>& take) {
  for (size_t start = 0; start < text.size();) {
    const size_t length = sequence_length(text, start);
    if (length == 0) {
      const auto line =
          1 + std::count(text.begin(), text.begin() + static_cast<int64_t>(start), '\n');
      throw std::runtime_error(
          fmt::format("{}:{}: expected UTF-8 text, got the byte 0x{:02X} at offset {}; convert the "
                      "file, or read it with task.unit = \"byte\"",
                      origin, line, byte_at(text, start), start));
    }
    take(text.substr(start, length));
    start += length;
  }
}

std::vector<std::string> utf8_characters(std::string_view text, const std::string& origin) {
  std::vector<std::string> characters;
  each_utf8_character(text, origin,
                      [&](std::string_view character) { characters.emplace_back(character); });
  return characters;
}

uint32_t code_point(std::string_view character) {
  const unsigned lead = byte_at(character, 0);
  if (character.size() == 1) return lead;
  uint32_t value = lead & (0xFFu >> (character.size() + 1));
  for (size_t i = 1; i < character.size(); ++i) value = value << 6 | (byte_at(character, i) & 0x3F);
  return value;
}

}  // namespace heed
