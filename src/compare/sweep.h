#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "src/compare/plan.h"
#include "src/compare/result.h"
#include "src/experiment/subprocess.h"
#include "src/experiment/training.h"

namespace heed {

struct SweepOptions {
  std::filesystem::path out;  ///< the folder for everything
  int64_t jobs = 1;           ///< processes at a time, which share the threads
  IfExists if_exists = IfExists::refuse;
};

/// One run of a sweep and its folder.
struct SweepRun {
  const Plan* plan = nullptr;
  PlannedRun planned;
  std::filesystem::path directory;
};

/// All runs of a plan. Those of a grid are in OUT/runs, the one of an ordinary config in OUT/NAME.
std::vector<SweepRun> sweep_runs(const Plan& plan, const std::filesystem::path& out);

/// Trains and measures one run in this process; finished work is not repeated. Throws what
/// run_training throws.
StopReason run_one(const SweepRun& run, const SweepOptions& options);

/// Throws ConfigError if runs exist and options say neither to resume nor to replace them. Makes
/// OUT/logs.
void prepare_sweep(const std::vector<SweepRun>& runs, const SweepOptions& options);

/// A run in its own process: this program's `compare FILE --only NAME`, whose output goes to
/// OUT/logs; and its result by its exit status. The result of a failed run says why.
ProgramStart make_start(const SweepRun& run, const SweepOptions& options);
RunResult collect_result(const SweepRun& run, int status, const SweepOptions& options);

/// Runs each in its own process. The RunResult of a failed run says why. Progress with the time
/// left goes to standard error. When `stop` becomes true, all runs save and end. Throws ConfigError
/// if runs exist and options say neither to resume nor to replace them.
std::vector<RunResult> run_all(const std::vector<SweepRun>& runs, const SweepOptions& options,
                               const std::atomic<bool>& stop);

}  // namespace heed
