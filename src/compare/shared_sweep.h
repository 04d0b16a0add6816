#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "src/compare/sweep.h"

namespace heed {

/// A sweep whose runs are shared by several processes, on one machine or on several that see the
/// same folder. Each process takes free runs one by one. They coordinate by files in OUT/claims:
/// the exit status of each run, and a lock that ends with its process, so that the run of a lost
/// process is taken again.
class SharedSweep {
 public:
  SharedSweep(const std::vector<SweepRun>& runs, SweepOptions options);

  /// One of them calls it before the others begin. Throws ConfigError as run_all does.
  void prepare() const;

  /// Takes runs until all are finished or `stop` becomes true. `who` is this process in the log.
  void take_part(const std::string& who, const std::atomic<bool>& stop) const;

  /// To be called when all are finished; the RunResult of a failed run says why.
  std::vector<RunResult> results() const;

 private:
  std::filesystem::path file(const SweepRun& run, const char* ending) const;
  std::optional<int> read_status(const SweepRun& run) const;
  void take(const SweepRun& run, const std::string& who, const std::atomic<bool>& stop) const;

  const std::vector<SweepRun>& runs_;
  SweepOptions options_;
};

}  // namespace heed
