#include <fmt/format.h>

#include <stdexcept>

#include "src/console/command_spec.h"

namespace heed {
namespace {

// Between single quotes of any of the three shells.
std::string shell_quoted(const std::string& text) {
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + "'";
}

std::string list_names(const std::vector<CommandSpec>& commands) {
  std::string names;
  for (const auto& command : commands) names += (names.empty() ? "" : " ") + command.name;
  return names;
}

std::string bash(const std::vector<CommandSpec>& commands) {
  std::string cases;
  for (const auto& command : commands) {
    std::string options = "--help";
    for (const auto& option : command.options) options += " " + option.name;
    cases += fmt::format("    {}) options={} ;;\n", command.name, shell_quoted(options));
  }
  return fmt::format(
      "# Completes heed's commands in bash. To use it: source <(heed completion bash)\n"
      "_heed() {{\n"
      "  local word=${{COMP_WORDS[COMP_CWORD]}} options=''\n"
      "  COMPREPLY=()\n"
      "  if ((COMP_CWORD == 1)); then\n"
      "    mapfile -t COMPREPLY < <(compgen -W {} -- \"$word\")\n"
      "    return\n"
      "  fi\n"
      "  case ${{COMP_WORDS[1]}} in\n{}  esac\n"
      "  if [[ $word == -* ]]; then\n"
      "    mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$word\")\n"
      "  else\n"
      "    mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
      "  fi\n"
      "}}\n"
      "complete -o filenames -F _heed heed\n",
      shell_quoted(list_names(commands) + " --help --version"), cases);
}

// zsh ends a description at a bracket or a colon.
std::string described(std::string text) {
  for (auto& c : text)
    if (c == '[' || c == ']' || c == ':') c = ' ';
  return text;
}

std::string zsh(const std::vector<CommandSpec>& commands) {
  std::string names, cases;
  for (const auto& command : commands) {
    names += fmt::format("    {}\n", shell_quoted(command.name + ":" + described(command.summary)));
    cases += fmt::format("    {}) _arguments '--help[print help]'", command.name);
    for (const auto& option : command.options)
      cases += fmt::format(
          " \\\n        {}",
          shell_quoted(fmt::format(
              "{}{}[{}]{}", option.value.empty() ? "" : "*", option.name, described(option.help),
              option.value.empty() ? "" : ":" + described(option.value) + ":_files")));
    cases += " \\\n        '*:file:_files' ;;\n";
  }
  return fmt::format(
      "#compdef heed\n"
      "# Completes heed's commands in zsh. To use it: heed completion zsh > FOLDER_OF_FPATH/_heed\n"
      "_heed() {{\n"
      "  local -a commands\n"
      "  commands=(\n{}  )\n"
      "  if ((CURRENT == 2)); then\n"
      "    _describe command commands\n"
      "    return\n"
      "  fi\n"
      "  local command=$words[2]\n"
      "  shift words\n"
      "  ((CURRENT--))\n"
      "  case $command in\n{}  esac\n"
      "}}\n"
      "compdef _heed heed\n",
      names, cases);
}

std::string fish(const std::vector<CommandSpec>& commands) {
  std::string lines =
      "# Completes heed's commands in fish. To use it: heed completion fish | source\n";
  for (const auto& command : commands) {
    lines += fmt::format("complete -c heed -f -n __fish_use_subcommand -a {} -d {}\n", command.name,
                         shell_quoted(command.summary));
    for (const auto& option : command.options)
      lines += fmt::format("complete -c heed -n '__fish_seen_subcommand_from {}' -l {}{} -d {}\n",
                           command.name, option.name.substr(2), option.value.empty() ? "" : " -r",
                           shell_quoted(option.help));
  }
  return lines;
}

}  // namespace

std::string completion_script(const std::vector<CommandSpec>& commands, const std::string& shell) {
  if (shell == "bash") return bash(commands);
  if (shell == "zsh") return zsh(commands);
  if (shell == "fish") return fish(commands);
  throw std::invalid_argument(fmt::format("completion {}: expected bash, zsh or fish", shell));
}

}  // namespace heed
