#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace heed {

/// One option of a command, or a positional argument.
struct OptionSpec {
  std::string name;        ///< "--set"; "CONFIG" for a positional argument
  std::string value = {};  ///< the name of its value, "KEY=VALUE"; empty for a flag
  std::string help = {};   ///< one phrase
  std::string default_value = {};
  bool required = false;
  bool repeatable = false;                  ///< several values may follow each other
  std::vector<std::string> not_with = {};   ///< options that exclude this one
  std::vector<std::string> only_with = {};  ///< options that this one needs

  /// The help, the default, and the options that this one excludes or needs.
  std::string description() const;
};

/// A command line worth typing, and what it shows.
struct Example {
  std::string command;
  std::string shows;
};

/// Everything that help says about one command.
struct CommandSpec {
  std::string name;
  std::string summary;       ///< one line
  std::string details = {};  ///< paragraphs, see split_paragraphs() in word_wrap.h
  std::vector<Example> examples = {};
  std::vector<OptionSpec> places = {};   ///< positional arguments, in their order
  std::vector<OptionSpec> options = {};  ///< all others; without --help

  /// "heed train [OPTION]... CONFIG"
  std::string usage() const;
};

/// Reads the positional arguments and options of a command from its declaration.
void add_arguments(CommandSpec& spec, const CLI::App& app);

// Each of the following is written from the specs alone.

/// The answer to `heed COMMAND --help`, in lines of at most 80 columns.
std::string help_text(const CommandSpec& command);

/// The answer to `heed --help`.
std::string help_text(const std::vector<CommandSpec>& commands);

/// A completion script for bash, zsh or fish. Throws std::invalid_argument for another shell.
std::string completion_script(const std::vector<CommandSpec>& commands, const std::string& shell);

/// A page for man(1), in the macros of man(7).
std::string man_page(const std::vector<CommandSpec>& commands, const std::string& version);

/// docs/cli.md.
std::string cli_markdown(const std::vector<CommandSpec>& commands);

}  // namespace heed
