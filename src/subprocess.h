#pragma once

#include <sys/types.h>

#include <atomic>
#include <map>
#include <string>
#include <vector>

namespace heed {

/// One start of this same program.
struct ProgramStart {
  std::vector<std::string> arguments;              ///< behind the program's name
  std::map<std::string, std::string> environment;  ///< set besides what there is
};

/// Runs each start to its end, `jobs` of them at a time, their output going where this program's
/// goes. When `stop` becomes true, what runs is told to end (SIGTERM) and nothing more is started.
/// Returns the exit statuses in the order of the starts: 128 and the signal for one that a signal
/// ended, -1 for one that was not started. Throws std::runtime_error if the system cannot start
/// one.
std::vector<int> run_programs(const std::vector<ProgramStart>& starts, int64_t jobs,
                              const std::atomic<bool>& stop);

}  // namespace heed
