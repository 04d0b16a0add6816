#include <fmt/format.h>

#include "src/console/command_spec.h"
#include "src/console/console_table.h"
#include "src/console/word_wrap.h"

namespace heed {
namespace {

constexpr int help_width = 80;
constexpr int description_column = 26;

// A name, and its description in a column of its own; below the name if that is too long.
std::string help_entry(const std::string& name, const std::string& description) {
  const auto indent = std::string(description_column, ' ');
  auto text = word_wrapped(description, help_width, indent);
  const auto first = "  " + name;
  const int width = display_width(first);
  if (width + 2 > description_column) return first + "\n" + text;
  return first + text.substr(static_cast<size_t>(width));
}

std::string option_entry(const OptionSpec& option) {
  return help_entry(option.value.empty() ? option.name : option.name + " " + option.value,
                    option.description());
}

}  // namespace

std::string help_text(const CommandSpec& command) {
  auto text = word_wrapped(fmt::format("heed {}: {}", command.name, command.summary), help_width);
  text += fmt::format("\nUsage: {}\n\n", command.usage());
  for (const auto& place : command.places) text += help_entry(place.name, place.description());
  if (!command.places.empty()) text += "\n";
  text += "Options:\n";
  for (const auto& option : command.options) text += option_entry(option);
  text += help_entry("-h, --help", "print this help");
  for (const auto& [words, verbatim] : split_paragraphs(command.details))
    text += "\n" + (verbatim ? words + "\n" : word_wrapped(words, help_width));
  if (!command.examples.empty()) text += "\nExamples:\n";
  for (const auto& [line, shows] : command.examples)
    text += fmt::format("  {}\n{}", line, word_wrapped(shows, help_width, "      "));
  return text;
}

std::string help_text(const std::vector<CommandSpec>& commands) {
  std::string text =
      "heed: train, compare and understand small sequence models\n\n"
      "Usage: heed COMMAND [OPTION]...\n\nCommands:\n";
  for (const auto& command : commands) text += help_entry(command.name, command.summary);
  text += "\nOptions:\n" + help_entry("-h, --help", "print this help") +
          help_entry("--version", "print the version of heed and of LibTorch");
  return text + "\nEach command explains itself: heed COMMAND --help\n";
}

}  // namespace heed
