#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace heed {

/// One option of a command, or a word that has its place.
struct OptionWords {
  std::string name;       ///< "--set"; of a word with a place "CONFIG"
  std::string value;      ///< what it takes, "KEY=VALUE"; empty: nothing
  std::string help;       ///< a line
  bool required = false;  ///< of a word with a place
};

struct CommandWords {
  std::string name, help, example;
  std::vector<OptionWords> places;   ///< words with a place, in their order
  std::vector<OptionWords> options;  ///< the rest, "--help" left out
};

/// What the command line knows of itself: all commands, for help in other forms.
std::vector<CommandWords> command_words(const CLI::App& app);

// Each made from these words alone.

/// A completion script for bash, zsh or fish. Throws std::invalid_argument for another shell.
std::string completion_script(const std::vector<CommandWords>& commands, const std::string& shell);

/// A page for man(1), in the macros of man(7).
std::string man_page(const std::vector<CommandWords>& commands, const std::string& version);

}  // namespace heed
