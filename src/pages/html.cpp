#include "src/pages/html.h"

#include <fmt/format.h>

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

std::string html_table(const ConsoleTable& table) {
  const auto cell = [&table](const char* tag, size_t column, const std::string& text) {
    const bool number = table.columns()[column].align == Align::right;
    return fmt::format("<{0}{1}>{2}</{0}>", tag, number ? " class=\"number\"" : "",
                       html_text(text));
  };
  std::string html = "<table>\n";
  if (!table.title().empty())
    html += fmt::format("<caption>{}</caption>\n", html_text(table.title()));
  html += "<thead><tr>";
  for (size_t i = 0; i < table.columns().size(); ++i)
    html += cell("th", i, table.columns()[i].header);
  html += "</tr></thead>\n<tbody>\n";
  for (const auto& row : table.rows()) {
    html += "<tr>";
    for (size_t i = 0; i < row.size(); ++i) html += cell("td", i, row[i]);
    html += "</tr>\n";
  }
  return html + "</tbody>\n</table>\n";
}

}  // namespace heed
