#include "src/commands/program.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>
#include <CLI/CLI.hpp>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>  // defines __GLIBC__
#include <cstring>
#include <map>
#include <stdexcept>
#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include "src/commands/command.h"
#include "src/console/machine.h"
#include "src/experiment/config.h"
#include "train/distributed/mpi_ranks.h"

namespace heed {
namespace {

using Commands = std::map<std::string, std::unique_ptr<Command>>;

class ProgramHelp : public CLI::Formatter {
 public:
  std::string make_help(const CLI::App*, std::string, CLI::AppFormatMode) const override {
    return help_text(command_specs());
  }
};

// LibTorch's messages end with a stack trace; a user needs the first line.
std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

// A write beyond a file-size limit then fails with a reason. By default it kills the process.
void make_size_limits_errors() {
#ifdef SIGXFSZ
  std::signal(SIGXFSZ, SIG_IGN);
#endif
}

// A result that a full disk cut short is a failure, even if all of it was still in a buffer.
int check_output(int status) {
  errno = 0;
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0)
    throw std::runtime_error(
        fmt::format("cannot write the standard output: {}", std::strerror(errno ? errno : EIO)));
  return status;
}

Commands add_commands(CLI::App& app) {
  Commands commands;
  for (const auto& name : command_names()) {
    commands[name] = CommandRegistry::instance().make(name);
    add_command(app, name, *commands[name]);
  }
  return commands;
}

void refuse_ranks(const std::string& name, const Commands& commands) {
  if (launched_ranks() == 1 || commands.at(name)->runs_under_mpi()) return;
  std::vector<std::string> able;
  for (const auto& other : command_names())
    if (commands.at(other)->runs_under_mpi()) able.push_back("heed " + other);
  throw ConfigError(fmt::format("mpirun can start {} only; start heed {} without it",
                                fmt::join(able, " and "), name));
}

int run_command(CLI::App& app, int argc, char** argv) {
  const auto commands = add_commands(app);
  app.parse(argc, argv);
  const auto name = app.get_subcommands().front()->get_name();
  refuse_ranks(name, commands);
  return check_output(commands.at(name)->run());
}

}  // namespace

void keep_freed_memory() {
#if defined(__GLIBC__)
  mallopt(M_MMAP_THRESHOLD, 32 << 20);  // the most that it takes
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  mallopt(M_MXFAST, 0);  // else each large block that is freed goes through the lists of small ones
#endif
}

int run_program(int argc, char** argv) {
  keep_freed_memory();
  make_size_limits_errors();
  start_log();
  CLI::App app;
  app.set_version_flag("--version", version_text);
  app.require_subcommand(1);
  app.formatter(std::make_shared<ProgramHelp>());
  try {
    return run_command(app, argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? status_done : status_usage;
  } catch (const ConfigError& error) {
    spdlog::error("heed: {}", error.what());
    return status_usage;
  } catch (const c10::Error& error) {
    spdlog::error("heed: LibTorch: {}", first_line(error.what_without_backtrace()));
    return status_failed;
  } catch (const std::exception& error) {
    spdlog::error("heed: {}", error.what());
    return status_failed;
  }
}

}  // namespace heed
