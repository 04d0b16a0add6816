#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace heed {

/// One option of a command, or a word that has its place.
struct OptionSpec {
  std::string name;       ///< "--set"; of a word with a place "CONFIG"
  std::string value;      ///< what it takes, "KEY=VALUE"; empty: nothing
  std::string help;       ///< a line
  bool required = false;  ///< of a word with a place
};

struct CommandSpec {
  std::string name, help, example;
  std::vector<OptionSpec> places;   ///< words with a place, in their order
  std::vector<OptionSpec> options;  ///< the rest, "--help" left out
};

/// What the command line knows of itself: all commands, for help in other forms.
std::vector<CommandSpec> command_specs(const CLI::App& app);

// Each is made from these specs alone.

/// A completion script for bash, zsh or fish. Throws std::invalid_argument for another shell.
std::string completion_script(const std::vector<CommandSpec>& commands, const std::string& shell);

/// A page for man(1), in the macros of man(7).
std::string man_page(const std::vector<CommandSpec>& commands, const std::string& version);

}  // namespace heed
