#include "src/compare/sweep.h"

#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "src/compare/sweep_progress.h"
#include "src/experiment/subprocess.h"
#include "train/files/file.h"

namespace heed {
namespace {

namespace fs = std::filesystem;

fs::path result_file(const SweepRun& run) { return run.directory / "result.json"; }
fs::path log_file(const SweepRun& run, const SweepOptions& options) {
  return options.out / "logs" / (run.planned.name + ".txt");
}

// The last message of a failed run.
std::string last_words(const fs::path& log, int status) {
  std::string last;
  if (fs::exists(log)) {
    std::istringstream lines(read_file(log));
    for (std::string line; std::getline(lines, line);)
      if (!line.empty()) last = line;
  }
  const auto how = status > 128 ? fmt::format("ended by signal {}", status - 128)
                                : fmt::format("ended with status {}", status);
  return last.empty() ? how : fmt::format("{}: {}", how, last);
}

bool measured(const SweepRun& run) {
  const RunDirectory directory(run.directory);
  if (!fs::exists(result_file(run)) || !fs::exists(directory.summary())) return false;
  const auto summary = nlohmann::json::parse(read_file(directory.summary()));
  return read_result(result_file(run)).steps == summary.value("steps", int64_t{-1});
}

}  // namespace

std::vector<SweepRun> sweep_runs(const Plan& plan, const fs::path& out) {
  std::vector<SweepRun> runs;
  for (auto& planned : plan.runs()) {
    const auto folder = (plan.single ? out : out / "runs") / planned.name;
    runs.push_back({.plan = &plan, .planned = std::move(planned), .directory = folder});
  }
  return runs;
}

void prepare_sweep(const std::vector<SweepRun>& runs, const SweepOptions& options) {
  for (const auto& run : runs)
    if (options.if_exists == IfExists::refuse && RunDirectory(run.directory).holds_run())
      throw ConfigError(fmt::format(
          "{} already holds a run: --resume goes on with what is there, --force starts over, "
          "--out DIR goes elsewhere",
          run.directory.string()));
  make_folder(options.out / "logs");
}

ProgramStart make_start(const SweepRun& run, const SweepOptions& options) {
  const auto threads = std::max<int64_t>(1, at::get_num_threads() / options.jobs);
  ProgramStart start{.arguments = {"compare", run.plan->file.string(), "--only", run.planned.name,
                                   "--out", options.out.string()},
                     .environment = {{"OMP_NUM_THREADS", std::to_string(threads)},
                                     {"TERM", "dumb"},  // lines, not bars, in a log
                                     {parent_variable, std::to_string(::getpid())}},
                     .output = log_file(run, options)};
  for (const auto& one : run.plan->overrides)
    start.arguments.insert(start.arguments.end(), {"--set", one});
  if (options.if_exists == IfExists::replace) start.arguments.push_back("--force");
  if (options.if_exists == IfExists::resume) start.arguments.push_back("--resume");
  return start;
}

RunResult collect_result(const SweepRun& run, int status, const SweepOptions& options) {
  if (status == 0) {
    auto result = read_result(result_file(run));
    result.grid_point = run.planned.grid_point;
    return result;
  }
  RunResult failed;
  failed.name = run.planned.name;
  failed.grid_point = run.planned.grid_point;
  failed.failure = last_words(log_file(run, options), status);
  return failed;
}

StopReason run_one(const SweepRun& run, const SweepOptions& options) {
  auto config = read_planned(*run.plan, run.planned);
  if (options.if_exists == IfExists::replace) fs::remove(result_file(run));
  // A sweep that was killed a moment ago may still be saving this run.
  const double wait = options.if_exists == IfExists::resume ? 30 : 0;
  const auto reason = run_training(config, RunDirectory(run.directory),
                                   {.if_exists = options.if_exists, .wait_seconds = wait});
  if (reason == StopReason::interrupted || measured(run)) return reason;
  auto result = measure_run(run.directory, run.plan->test_settings);
  result.grid_point = run.planned.grid_point;
  write_result(result_file(run), result);
  return reason;
}

std::vector<RunResult> run_all(const std::vector<SweepRun>& runs, const SweepOptions& options,
                               const std::atomic<bool>& stop) {
  prepare_sweep(runs, options);
  std::vector<ProgramStart> starts;
  for (const auto& run : runs) starts.push_back(make_start(run, options));
  SweepProgress progress(runs, options.jobs);
  const auto statuses = run_programs(starts, options.jobs, stop, progress);
  std::vector<RunResult> results;
  for (size_t i = 0; i < runs.size() && !stop; ++i)
    results.push_back(collect_result(runs[i], statuses[i], options));
  return results;
}

}  // namespace heed
