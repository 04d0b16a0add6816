#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <CLI/CLI.hpp>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>  // defines __GLIBC__
#include <cstring>
#include <stdexcept>
#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include "src/commands/command.h"
#include "src/commands/program.h"
#include "src/console/console.h"
#include "src/console/machine.h"
#include "src/experiment/config.h"
#include "train/distributed/mpi_ranks.h"

namespace heed {
namespace {

// LibTorch's messages carry a stack trace behind their first lines; people need the first.
std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

// What a write beyond a file-size limit does then is to fail, with a reason, and not to kill.
void make_size_limits_errors() {
#ifdef SIGXFSZ
  std::signal(SIGXFSZ, SIG_IGN);
#endif
}

// A result that a full disk cut short is a failure, even if all of it was still in a buffer.
int with_whole_output(int status) {
  errno = 0;
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0)
    throw std::runtime_error(
        fmt::format("cannot write the standard output: {}", std::strerror(errno ? errno : EIO)));
  return status;
}

void refuse_ranks(const CLI::App& app) {
  const auto command = app.get_subcommands().front()->get_name();
  if (launched_ranks() > 1 && command != "train" && command != "compare")
    throw ConfigError(fmt::format(
        "mpirun serves heed train and heed compare; start heed {} without it", command));
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
  CLI::App app{"heed: train, compare and understand small sequence models"};
  app.set_version_flag("--version", version_text);
  app.require_subcommand(1);
  app.get_formatter()->column_width(34);
  Action action;
  add_train(app, action);
  add_evaluate(app, action);
  add_generate(app, action);
  add_attend(app, action);
  add_analyze(app, action);
  add_compare(app, action);
  add_study(app, action);
  add_bench(app, action);
  add_info(app, action);
  add_completion(app, action);
  add_man(app, action);
  try {
    app.parse(argc, argv);
    refuse_ranks(app);
    return with_whole_output(action());
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
