#pragma once

#include <string>
#include <vector>

#include "models/registry.h"
#include "src/console/command_spec.h"
#include "src/console/console.h"

namespace CLI {
class Option;
}

namespace heed {

/// One command of the program. Each is one file, src/commands/NAME_command.cpp, which registers it
/// by name with a one-line summary. `--help`, the manual page, completion and docs/cli.md are all
/// written from what a command says here.
class Command {
 public:
  virtual ~Command() = default;

  /// Adds the options to the command line. What the user gives them is stored in this command.
  virtual void add_options(CLI::App& app) = 0;
  /// Does the work after the command line was read, and returns the exit status.
  virtual int run() = 0;

  /// Paragraphs that --help prints after the options; see split_paragraphs() in word_wrap.h.
  virtual std::string details() const { return ""; }
  virtual std::vector<Example> examples() const = 0;
  /// Help lists commands in this order, and those of the same order by name.
  virtual int help_order() const { return 100; }
  /// Whether mpirun may start it.
  virtual bool runs_under_mpi() const { return false; }
};

using CommandRegistry = Registry<Command>;

/// The names of all commands in the order of help.
std::vector<std::string> command_names();

/// Everything that help says about all commands, in that order.
std::vector<CommandSpec> command_specs();

/// Adds a command with its options and its help to the program's command line.
CLI::App& add_command(CLI::App& program, const std::string& name, Command& command);

// Options that several commands share.

/// --json, for a command that prints one JSON value.
void add_json_option(CLI::App& app, bool& json);
/// --device cpu|cuda
void add_device_option(CLI::App& app, std::string& device);
/// --split validation|test
CLI::Option* add_split_option(CLI::App& app, std::string& split, const std::string& help);
/// --set KEY=VALUE, any number of times
void add_set_option(CLI::App& app, std::vector<std::string>& overrides, const std::string& help);

}  // namespace heed
