#include "src/console/word_wrap.h"

#include "src/console/console_table.h"

namespace heed {
namespace {

std::string wrapped_line(std::string_view line, int width, const std::string& indent) {
  std::string text = indent;
  const int start = display_width(indent);
  int used = start;
  while (!line.empty()) {
    const auto end = std::min(line.find(' '), line.size());
    const auto word = line.substr(0, end);
    line.remove_prefix(std::min(end + 1, line.size()));
    if (word.empty()) continue;
    const int room = display_width(word);
    if (used > start && used + 1 + room > width) {
      text += "\n" + indent;
      used = start;
    }
    if (used > start) {
      text += ' ';
      ++used;
    }
    text += word;
    used += room;
  }
  return text + "\n";
}

}  // namespace

std::string word_wrapped(std::string_view text, int width, const std::string& indent) {
  std::string lines;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    lines += wrapped_line(text.substr(0, end), width, indent);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::vector<Paragraph> split_paragraphs(std::string_view text) {
  std::vector<Paragraph> paragraphs;
  bool inside = false;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!line.empty() && !inside)
      paragraphs.push_back({std::string(line), line.starts_with("  ")});
    else if (!line.empty())
      paragraphs.back().text += (paragraphs.back().verbatim ? "\n" : " ") + std::string(line);
    inside = !line.empty();
  }
  return paragraphs;
}

std::string rule(std::string_view text) {
  std::string line;
  for (int i = 0; i < display_width(text); ++i) line += "─";
  return line;
}

}  // namespace heed
