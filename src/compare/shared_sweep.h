#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "src/compare/sweep.h"

namespace heed {

/// A sweep whose runs several processes take, on one machine or on many that see the same folder:
/// each takes one by one those that nobody has. All they know of each other are files in
/// OUT/claims: a lock that goes with the process that holds it, so that what a lost one had begun
/// is taken again, and how each run ended.
class SharedSweep {
 public:
  SharedSweep(const std::vector<SweepRun>& runs, SweepOptions options);

  /// To be called by one of them before the others begin. Throws ConfigError as run_all does.
  void prepare() const;

  /// Takes runs until all are over, whoever ran them, or `stop` becomes true. `who` is for the log.
  void take_part(const std::string& who, const std::atomic<bool>& stop) const;

  /// When all are over; a run that failed has a RunResult that says why.
  std::vector<RunResult> results() const;

 private:
  std::filesystem::path file(const SweepRun& run, const char* ending) const;
  std::optional<int> read_status(const SweepRun& run) const;
  void take(const SweepRun& run, const std::string& who, const std::atomic<bool>& stop) const;

  const std::vector<SweepRun>& runs_;
  SweepOptions options_;
};

}  // namespace heed
