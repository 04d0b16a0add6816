#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace heed {

/// The words of a text in lines of at most `width` columns, each with `indent` in front and a
/// newline at its end. A longer word gets a line of its own. Newlines in the text are kept.
std::string word_wrapped(std::string_view text, int width, const std::string& indent = "");

/// A paragraph of a longer text.
struct Paragraph {
  std::string text;       ///< without a newline at its end
  bool verbatim = false;  ///< its lines are indented and stay as they are
};

/// Splits a text at its empty lines. The lines of a paragraph are joined, unless the first begins
/// with two spaces: then they are kept.
std::vector<Paragraph> split_paragraphs(std::string_view text);

/// A line as wide as the text, to underline it.
std::string rule(std::string_view text);

}  // namespace heed
