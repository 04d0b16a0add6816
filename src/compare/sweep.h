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
  std::filesystem::path out;  ///< folder of everything
  int64_t jobs = 1;           ///< processes at a time; the threads are shared out
  IfExists if_exists = IfExists::refuse;
};

/// One run of a sweep and where it lives.
struct SweepRun {
  const Plan* plan = nullptr;
  PlannedRun planned;
  std::filesystem::path directory;
};

/// All runs of a plan. Those of a grid live in OUT/runs, the one of an ordinary config in OUT/NAME.
std::vector<SweepRun> sweep_runs(const Plan& plan, const std::filesystem::path& out);

/// Trains and measures one run in this process; what was done before is not repeated. Throws what
/// run_training throws.
StopReason run_one(const SweepRun& run, const SweepOptions& options);

/// Throws ConfigError if runs are there and are neither to be resumed nor replaced. Makes OUT/logs.
void prepare_sweep(const std::vector<SweepRun>& runs, const SweepOptions& options);

/// A run in a process of its own: this program's `compare FILE --only NAME`, whose words go to
/// OUT/logs; and what came of it, by its exit status. A run that fails has a result that says why.
ProgramStart make_start(const SweepRun& run, const SweepOptions& options);
RunResult collect_result(const SweepRun& run, int status, const SweepOptions& options);

/// Every run in a process of its own. A run that fails has a RunResult that says why. Progress with
/// the time left goes to standard error. When `stop` becomes true, all are told to save and end.
/// Throws ConfigError if runs are there and are neither to be resumed nor replaced.
std::vector<RunResult> run_all(const std::vector<SweepRun>& runs, const SweepOptions& options,
                               const std::atomic<bool>& stop);

}  // namespace heed
