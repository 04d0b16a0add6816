#include "src/pages/svg_attribute.h"

#include <cctype>
#include <cstdlib>
#include <map>
#include <optional>

namespace heed {
namespace {

// The text with entities such as "&#104;" and "&lt;" replaced; none for an unknown entity.
std::optional<std::string> decoded(const std::string& text) {
  static const std::map<std::string, char> known = {
      {"lt", '<'}, {"gt", '>'}, {"amp", '&'}, {"quot", '"'}, {"apos", '\''}};
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '&') {
      result += text[i];
      continue;
    }
    const size_t end = text.find(';', i);
    if (end == std::string::npos) return std::nullopt;
    const auto name = text.substr(i + 1, end - i - 1);
    if (name.starts_with('#')) {
      const bool hexadecimal = name.size() > 1 && (name[1] == 'x' || name[1] == 'X');
      const auto code =
          std::strtoul(name.c_str() + (hexadecimal ? 2 : 1), nullptr, hexadecimal ? 16 : 10);
      result += code < 0x80 ? static_cast<char>(code) : '?';
    } else if (known.count(name) > 0) {
      result += known.at(name);
    } else {
      return std::nullopt;
    }
    i = end;
  }
  return result;
}

bool starts_with_image(const std::string& value) {
  return value.starts_with("data:image/png;") || value.starts_with("data:image/jpeg;");
}

// True if a value (decoded, in lower case) refers only to this SVG.
bool stays_inside(const std::string& name, const std::string& value) {
  if (name == "href" || name == "src") return value.starts_with('#') || starts_with_image(value);
  for (const char* outside : {"://", "javascript:", "\\", "@import"})
    if (value.find(outside) != std::string::npos) return false;
  for (size_t at = value.find("url("); at != std::string::npos; at = value.find("url(", at + 1)) {
    const size_t first = value.find_first_not_of(" \t\n\"'", at + 4);
    if (first == std::string::npos || value[first] != '#') return false;
  }
  return true;
}

}  // namespace

std::string lower_case(std::string_view ascii) {
  std::string result(ascii);
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

bool is_harmless(const std::string& name, const std::string& value) {
  const auto plain = decoded(value);
  return plain && !name.starts_with("on") && stays_inside(name, lower_case(*plain));
}

}  // namespace heed
