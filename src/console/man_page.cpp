#include <fmt/format.h>

#include "src/console/command_spec.h"
#include "src/console/word_wrap.h"

namespace heed {
namespace {

// A backslash, a hyphen, and a line that begins like a request have a meaning in troff.
std::string troff_text(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '\\')
      result += "\\e";
    else if (c == '-')
      result += "\\-";
    else if ((c == '.' || c == '\'') && (result.empty() || result.back() == '\n'))
      result += std::string("\\&") + c;
    else
      result += c;
  }
  return result;
}

std::string synopsis(const CommandSpec& command) {
  std::string text = fmt::format(".B heed {}\n", command.name);
  if (!command.options.empty()) text += "[\\fIOPTION\\fR]...\n";
  for (const auto& place : command.places) {
    const auto name = "\\fI" + troff_text(place.name) + "\\fR";
    text += place.required ? name + "\n" : "[" + name + "]\n";
  }
  return text;
}

std::string man_entry(const OptionSpec& option) {
  const auto value =
      option.value.empty() ? "" : fmt::format(" \\fI{}\\fR", troff_text(option.value));
  return fmt::format(".TP\n\\fB{}\\fR{}\n{}\n", troff_text(option.name), value,
                     troff_text(option.description()));
}

std::string verbatim_text(const std::string& text) {
  return fmt::format(".PP\n.EX\n{}\n.EE\n", troff_text(text));
}

std::string man_section(const CommandSpec& command) {
  auto text = fmt::format(".SS heed {}\n{}\n", command.name, troff_text(command.summary));
  for (const auto& place : command.places) text += man_entry(place);
  for (const auto& option : command.options) text += man_entry(option);
  for (const auto& [words, verbatim] : split_paragraphs(command.details))
    text += verbatim ? verbatim_text(words) : fmt::format(".PP\n{}\n", troff_text(words));
  for (const auto& [line, shows] : command.examples)
    text += fmt::format(".PP\nExample: {}\n{}", troff_text(shows), verbatim_text("  " + line));
  return text;
}

}  // namespace

std::string man_page(const std::vector<CommandSpec>& commands, const std::string& version) {
  auto page = fmt::format(
      ".TH HEED 1 \"\" \"heed {}\"\n.SH NAME\nheed \\- train, compare and understand small "
      "sequence models\n.SH SYNOPSIS\n",
      version);
  for (const auto& command : commands) page += synopsis(command) + ".br\n";
  page += ".SH COMMANDS\n";
  for (const auto& command : commands) page += man_section(command);
  return page +
         ".SH EXIT STATUS\n0 done, 1 failed, 2 wrong usage or configuration, 130 interrupted after "
         "a clean save.\n.SH ENVIRONMENT\n.TP\nHEED_LOG\nhow much is logged: debug, info, warn or "
         "error\n.TP\nHEED_INSTRUCTIONS\nthe instruction set of the kernels: generic, avx2 or "
         "avx512\n.TP\nOMP_NUM_THREADS\nthe number of threads that compute\n";
}

}  // namespace heed
