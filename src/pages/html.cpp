#include "src/pages/html.h"

#include <fmt/format.h>

#include "src/console/console_table.h"

namespace heed {
namespace {

const char* const style = R"(
:root { color-scheme: light dark; --ink: #1b1b1b; --soft: #5a5a5a; --line: #d4d4d4; --paper: #fff; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8e8e8; --soft: #a8a8a8; --line: #444; --paper: #181818; }
}
body { max-width: 62rem; margin: 2rem auto; padding: 0 1rem; color: var(--ink);
  background: var(--paper); font: 16px/1.5 system-ui, "DejaVu Sans", sans-serif; }
h1 { font-size: 1.7rem; } h2 { font-size: 1.25rem; margin-top: 2.5rem; }
p.asked { color: var(--soft); white-space: pre-line; }
ul.conclusion { padding-left: 1.2rem; } ul.conclusion li:last-child { font-weight: 600; }
div.table { overflow-x: auto; margin: 1rem 0; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--soft); padding-bottom: .3rem; }
th, td { padding: .25rem .7rem; border-bottom: 1px solid var(--line); text-align: left; }
th.number, td.number { text-align: right; white-space: nowrap; }
figure { margin: 1.5rem 0; } figure > div { background: #fff; border-radius: 4px; padding: .5rem; }
figcaption { color: var(--soft); font-size: .9rem; margin-top: .4rem; }
table.matrix td { border: none; padding: .1rem .5rem; font-family: monospace; }
p.question { font-weight: 600; margin-bottom: .2rem; } p.question + p { margin-top: 0; }
section p { white-space: pre-line; }
nav ol { columns: 2; padding-left: 1.4rem; } section { margin-bottom: 4rem; }
h2 code, nav code { color: var(--soft); font-size: .85em; }
@media print { section { break-before: page; } h2, h3, p.question { break-after: avoid; } }
@media print { body { max-width: none; } figure, table { break-inside: avoid; } }
@media print { div.table { overflow: visible; font-size: 80%; } th, td { padding: .2rem .35rem; } }
)";

}  // namespace

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

std::string html_page(const std::string& title, const std::string& body) {
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n{}</body>\n</html>\n",
      html_text(title), style, body);
}

}  // namespace heed
