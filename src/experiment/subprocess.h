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
  std::vector<std::string> arguments;              ///< behind the program's name
  std::map<std::string, std::string> environment;  ///< set besides what there is
  /// Takes what it says on either stream; empty: goes where this program's goes.
  std::filesystem::path output = {};
};

/// Names the process that started this one and without which it is to end.
inline const char* const parent_variable = "HEED_PARENT";

/// From now on, if the process named by parent_variable ends, however it does, this one gets
/// SIGTERM. Does nothing where none is named, or on systems other than Linux.
void end_with_parent();

/// Is told how several programs come along.
class ProgramWatch {
 public:
  virtual ~ProgramWatch() = default;
  virtual void on_start(size_t) {}
  virtual void on_end(size_t, int) {}  ///< which one, and its exit status as below
  virtual void on_look() {}            ///< some fifty times a second
};

/// Runs each start to its end, `jobs` of them at a time. When `stop` becomes true, what runs is
/// told to end (SIGTERM) and nothing more is started. Returns the exit statuses in the order of the
/// starts: 128 and the signal for one that a signal ended, -1 for one that was not started. Throws
/// std::runtime_error if the system cannot start one.
std::vector<int> run_programs(const std::vector<ProgramStart>& starts, int64_t jobs,
                              const std::atomic<bool>& stop, ProgramWatch& watch);

}  // namespace heed
