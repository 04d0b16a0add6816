#include "src/pages/html.h"

#include "src/console/console_table.h"

namespace heed {

std::string html_text(std::string_view text) {
  std::string result;
  for (const auto& character : shown_characters(text)) {
    const bool control =
        character.code_point < 0x20 && character.bytes != "\n" && character.bytes != "\t";
    if (!character.valid || control || character.code_point == 0x7F)
      result += "\xEF\xBF\xBD";
    else if (character.bytes == "<")
      result += "&lt;";
    else if (character.bytes == ">")
      result += "&gt;";
    else if (character.bytes == "&")
      result += "&amp;";
    else if (character.bytes == "\"")
      result += "&quot;";
    else if (character.bytes == "'")
      result += "&#39;";
    else
      result += character.bytes;
  }
  return result;
}

}  // namespace heed
