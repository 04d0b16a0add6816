#include <fmt/format.h>

#include "src/console/command_spec.h"

namespace heed {
namespace {

// A backslash, a hyphen that is one, and a line that begins like a request mean something to troff.
std::string escaped(const std::string& text) {
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
    const auto name = "\\fI" + escaped(place.name) + "\\fR";
    text += place.required ? name + "\n" : "[" + name + "]\n";
  }
  return text;
}

std::string entry(const OptionSpec& option) {
  const auto value = option.value.empty() ? "" : fmt::format(" \\fI{}\\fR", escaped(option.value));
  return fmt::format(".TP\n\\fB{}\\fR{}\n{}\n", escaped(option.name), value, escaped(option.help));
}

}  // namespace

std::string man_page(const std::vector<CommandSpec>& commands, const std::string& version) {
  auto page = fmt::format(
      ".TH HEED 1 \"\" \"heed {}\"\n.SH NAME\nheed \\- train, compare and understand small "
      "sequence "
      "models\n.SH SYNOPSIS\n",
      version);
  for (const auto& command : commands) page += synopsis(command) + ".br\n";
  page += ".SH COMMANDS\n";
  for (const auto& command : commands) {
    page += fmt::format(".SS heed {}\n{}\n", command.name, escaped(command.help));
    for (const auto& place : command.places) page += entry({place.name, "", place.help, false});
    for (const auto& option : command.options) page += entry(option);
    if (!command.example.empty())
      page += fmt::format(".PP\n.EX\n{}\n.EE\n", escaped(command.example));
  }
  return page +
         ".SH EXIT STATUS\n0 done, 1 failed, 2 wrong usage or configuration, 130 interrupted after "
         "a clean save.\n.SH ENVIRONMENT\n.TP\nHEED_LOG\nwhat is said: debug, info, warn, error\n"
         ".TP\nHEED_INSTRUCTIONS\nfor what the kernels run: generic, avx2, avx512\n";
}

}  // namespace heed
