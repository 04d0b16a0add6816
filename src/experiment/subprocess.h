#pragma once

#include <sys/types.h>

#include <atomic>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace heed {

/// One start of this same program.
struct ProgramStart {
  std::vector<std::string> arguments;              ///< after the program's name
  std::map<std::string, std::string> environment;  ///< added to this process's environment
  /// The file that gets standard output and standard error; empty: the same streams as this
  /// process.
  std::filesystem::path output = {};
};

/// The environment variable that names the parent process; this process ends when the parent does.
inline const char* const parent_variable = "HEED_PARENT";

/// From now on, this process gets SIGTERM when the process named by parent_variable ends for
/// whatever reason. Does nothing if none is named, or on systems other than Linux.
void end_with_parent();

/// Receives the progress of several programs.
class ProgramWatch {
 public:
  virtual ~ProgramWatch() = default;
  virtual void on_start(size_t) {}
  virtual void on_end(size_t, int) {}  ///< index and exit status, see run_programs()
  virtual void on_poll() {}            ///< about fifty times per second
};

/// Runs all programs, `jobs` of them at a time. When `stop` becomes true, running programs get
/// SIGTERM and no more are started. Returns the exit statuses in the order of the starts: 128 plus
/// the signal for a program that a signal ended, -1 for one that was not started. Throws
/// std::runtime_error if the system cannot start one.
std::vector<int> run_programs(const std::vector<ProgramStart>& starts, int64_t jobs,
                              const std::atomic<bool>& stop, ProgramWatch& watch);

}  // namespace heed
