#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "src/commands/command.h"
#include "src/compare/report.h"
#include "src/compare/shared_sweep.h"
#include "src/compare/sweep.h"
#include "src/compare/tables.h"
#include "src/experiment/interrupt.h"
#include "src/experiment/rank_session.h"
#include "src/experiment/subprocess.h"
#include "train/distributed/mpi_ranks.h"
#include "train/files/file.h"

namespace heed {
namespace {

namespace fs = std::filesystem;

struct CompareArguments {
  std::vector<std::string> items;
  std::vector<std::string> overrides;
  std::string out;
  std::string only;
  int64_t jobs = 0;  // 0: one per core
  bool resume = false;
  bool force = false;
};

/// The arguments: run directories, and plans whose runs are trained first.
struct Items {
  std::vector<fs::path> directories;
  std::vector<Plan> plans;

  fs::path default_out() const {
    return plans.size() == 1 && !plans.front().single ? fs::path("runs") / plans.front().name
                                                      : fs::path("runs/compare");
  }
};

Items read_items(const CompareArguments& arguments) {
  Items items;
  for (const auto& given : arguments.items)
    if (fs::is_directory(given))
      items.directories.push_back(given);
    else
      items.plans.push_back(read_plan(given, arguments.overrides));
  const bool has_grid = std::any_of(items.plans.begin(), items.plans.end(),
                                    [](const Plan& plan) { return !plan.single; });
  if (has_grid && arguments.items.size() > 1)
    throw ConfigError(
        "compare: expected one file that defines a grid, or any number of configs and runs, got "
        "both; another kind of model can be part of the grid, as [models.NAME]");
  return items;
}

SweepOptions make_options(const CompareArguments& arguments, const Items& items) {
  return {.out = arguments.out.empty() ? items.default_out() : fs::path(arguments.out),
          .jobs = arguments.jobs > 0 ? arguments.jobs : at::get_num_threads(),
          .if_exists = arguments.force    ? IfExists::replace
                       : arguments.resume ? IfExists::resume
                                          : IfExists::refuse};
}

std::vector<SweepRun> plan_runs(const Items& items, const SweepOptions& options) {
  std::vector<SweepRun> runs;
  for (const auto& plan : items.plans)
    for (auto& run : sweep_runs(plan, options.out)) {
      for (const auto& other : runs)
        if (other.directory == run.directory)
          throw ConfigError(
              fmt::format("{}: two configs would train into {}; give them different names",
                          plan.file.string(), run.directory.string()));
      runs.push_back(std::move(run));
    }
  return runs;
}

int run_only(const CompareArguments& arguments, const std::vector<SweepRun>& runs,
             const SweepOptions& options) {
  end_with_parent();
  for (const auto& run : runs)
    if (run.planned.name == arguments.only)
      return run_one(run, options) == StopReason::interrupted ? status_interrupted : status_done;
  throw ConfigError(fmt::format("--only {}: there is no such run; the first is called {}",
                                arguments.only, runs.empty() ? "-" : runs.front().planned.name));
}

// Plans of one run each, and existing runs, are compared as models.
Comparison make_comparison(const Items& items, std::vector<RunResult> results) {
  if (items.plans.size() == 1 && !items.plans.front().single) {
    const auto& plan = items.plans.front();
    auto comparison = compare_results(plan.name, plan.comment, plan.axes, plan.solved, results);
    add_extrapolation(plan, comparison);
    add_costs(plan, comparison);
    return comparison;
  }
  for (const auto& directory : items.directories) results.push_back(measure_run(directory, {}));
  GridAxis axis{.name = "model", .choices = {}};
  for (const auto& result : results)
    axis.choices.push_back({.label = result.label("model"), .settings = {}});
  return compare_results("comparison", "", {axis}, {}, std::move(results));
}

/// The runs of the command and where they go.
struct Sweep {
  Items items;
  SweepOptions options;
  std::vector<SweepRun> runs;

  explicit Sweep(const CompareArguments& arguments)
      : items(read_items(arguments)),
        options(make_options(arguments, items)),
        runs(plan_runs(items, options)) {}
};

int report(const Items& items, const SweepOptions& options, std::vector<RunResult> results) {
  const auto comparison = make_comparison(items, std::move(results));
  const auto files = write_report(comparison, options.out);
  fmt::print("{}\n", to_text(comparison));
  for (const auto& file : files) fmt::print("{}\n", file.string());
  const bool all_succeeded = std::all_of(comparison.results.begin(), comparison.results.end(),
                                         [](const RunResult& one) { return one.failure.empty(); });
  return all_succeeded ? status_done : status_failed;
}

int report_interrupt() {
  spdlog::warn("interrupted; continue with --resume");
  return status_interrupted;
}

// The ranks meet once, so that the first can prepare the list from which all of them take runs.
int compare_among_ranks(const CompareArguments& arguments) {
  if (arguments.jobs > 0)
    throw ConfigError(
        "--jobs: leave it out under mpirun, where each rank trains one run at a time");
  std::optional<Sweep> sweep;
  std::optional<SharedSweep> shared;
  int64_t rank = 0;
  const auto level = spdlog::get_level();
  {
    RankSession session;
    rank = session.ranks().rank();
    const int status = session.run([&] {
      on_all_ranks(session.ranks(), [&] {
        sweep.emplace(arguments);
        shared.emplace(sweep->runs, sweep->options);
        if (rank == 0) shared->prepare();
      });
      return status_done;
    });
    if (status != status_done) return status;
  }
  spdlog::set_level(level);  // each rank reports the runs that it takes
  const InterruptGuard interrupt;
  shared->take_part(fmt::format("rank {}", rank), interrupt.requested());
  if (interrupt.requested()) return rank == 0 ? report_interrupt() : status_interrupted;
  return rank == 0 ? report(sweep->items, sweep->options, shared->results()) : status_done;
}

int compare(const CompareArguments& arguments) {
  if (launched_ranks() > 1 && arguments.only.empty()) return compare_among_ranks(arguments);
  const Sweep sweep(arguments);
  if (!arguments.only.empty()) return run_only(arguments, sweep.runs, sweep.options);
  std::vector<RunResult> results;
  if (!sweep.runs.empty()) {
    const InterruptGuard interrupt;
    results = run_all(sweep.runs, sweep.options, interrupt.requested());
    if (interrupt.requested()) return report_interrupt();
  }
  return report(sweep.items, sweep.options, std::move(results));
}

class CompareCommand : public Command {
 public:
  int help_order() const override { return 6; }
  bool runs_under_mpi() const override { return true; }

  void add_options(CLI::App& app) override {
    app.add_option("ITEM", arguments_.items,
                   "one file that defines a grid of runs; or config files, which are trained "
                   "first, and run directories")
        ->required();
    add_set_option(app, arguments_.overrides, "override a key in every config");
    app.add_option("--out", arguments_.out, "folder for runs, tables and figures")
        ->type_name("DIR");
    app.add_option("--jobs", arguments_.jobs, "runs at the same time (default: one job per core)")
        ->type_name("N")
        ->check(CLI::PositiveNumber);
    app.add_option("--only", arguments_.only,
                   "train and measure only this run of the grid, without a report")
        ->type_name("RUN");
    auto* resume = app.add_flag("--resume", arguments_.resume, "continue with the existing runs");
    app.add_flag("--force", arguments_.force, "replace existing runs")->excludes(resume);
  }

  std::string details() const override {
    return R"(
A grid is a config file in which some keys have several values:

  seeds = [1, 2, 3]
  [models.lstm]
  model.kind = "lstm"
  [models.transformer]
  model.kind = "transformer"
  model.layers = 2
  [match]
  parameters = 50000            # sets the width of each model, within 5 %
  [tune]
  train.lr = [1e-3, 3e-3]       # the best by validation data, for each model
  [grid]
  task.length = [50, 100, 200]  # any keys
  [test]
  task.length = 400             # also test with these settings

A failed run is reported and does not stop the others. A grid that was stopped continues with
--resume. --only trains one run of it, to spread a grid over several machines; mpirun -np 2 heed
compare CONFIG does so by itself.

The folder gets compare.csv with one row per run and all digits, figures/ as PNG and SVG, and
report.html, one file that needs no network: the conclusion, learning curves, accuracy by length and
distance, every run as a point, gradients by distance, and what a step costs by length.)";
  }

  std::vector<Example> examples() const override {
    return {{"heed compare configs/compare/recall_first.toml --jobs 2",
             "trains a grid, two runs at a time, and prints who is ahead"},
            {"heed compare runs/demo/transformer runs/demo/lstm",
             "compares two runs that exist already"}};
  }

  int run() override { return compare(arguments_); }

 private:
  CompareArguments arguments_;
};

const Registration<Command, CompareCommand> compare_registration{
    "compare", "train a grid of runs, or take existing ones, and compare them"};

}  // namespace
}  // namespace heed
