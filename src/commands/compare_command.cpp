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
  int64_t jobs = 0;  // 0: one a core
  bool resume = false;
  bool force = false;
};

/// What was given: run directories, and plans whose runs are trained first.
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
        "compare: expected one file that states a comparison, or any number of configs and runs, "
        "got both; a run of another kind can be a model of the comparison, [models.NAME]");
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

// Plans of one run each, and runs that are there, are models side by side.
Comparison compared(const Items& items, std::vector<RunResult> results) {
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

// What the grid takes and where it goes.
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
  const auto comparison = compared(items, std::move(results));
  const auto files = write_report(comparison, options.out);
  fmt::print("{}\n", to_text(comparison));
  for (const auto& file : files) fmt::print("{}\n", file.string());
  const bool all_well = std::all_of(comparison.results.begin(), comparison.results.end(),
                                    [](const RunResult& one) { return one.failure.empty(); });
  return all_well ? status_done : status_failed;
}

int say_interrupted() {
  spdlog::warn("interrupted; --resume goes on where this stopped");
  return status_interrupted;
}

// The ranks meet once, so that the first can prepare what all of them then take from.
int compare_among_ranks(const CompareArguments& arguments) {
  if (arguments.jobs > 0)
    throw ConfigError(
        "--jobs: expected none under mpirun, where each rank takes one run at a time");
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
  spdlog::set_level(level);  // each rank tells of the runs that it takes
  const InterruptGuard interrupt;
  shared->take_part(fmt::format("rank {}", rank), interrupt.requested());
  if (interrupt.requested()) return rank == 0 ? say_interrupted() : status_interrupted;
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
    if (interrupt.requested()) return say_interrupted();
  }
  return report(sweep.items, sweep.options, std::move(results));
}

}  // namespace

void add_compare(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<CompareArguments>();
  auto* command = app.add_subcommand(
      "compare", "train a grid of runs, or configs, or take runs, and hold them side by side");
  command->footer("Example: heed compare configs/compare/recall_first.toml --jobs 2");
  command
      ->add_option("ITEM", arguments->items,
                   "a file that states a comparison; or configs, which are trained first, and run "
                   "directories")
      ->required();
  command->add_option("--set", arguments->overrides, "override a key in every config")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  command->add_option("--out", arguments->out, "folder for runs, tables and figures")
      ->type_name("DIR");
  command->add_option("--jobs", arguments->jobs, "runs at the same time; nothing: one a core")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  command
      ->add_option("--only", arguments->only,
                   "train and measure this one run of the comparison, and report nothing")
      ->type_name("RUN");
  auto* resume =
      command->add_flag("--resume", arguments->resume, "go on with what is already there");
  command->add_flag("--force", arguments->force, "replace runs that are already there")
      ->excludes(resume);
  command->callback([&action, arguments] { action = [arguments] { return compare(*arguments); }; });
}

}  // namespace heed
