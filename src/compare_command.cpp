#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <filesystem>

#include "src/command.h"
#include "src/comparison.h"
#include "src/gnuplot.h"
#include "src/interrupt.h"
#include "src/subprocess.h"
#include "src/training.h"
#include "train/file.h"

namespace heed {
namespace {

namespace fs = std::filesystem;

struct CompareArguments {
  std::vector<std::string> items;
  std::vector<std::string> overrides;
  std::string out = "runs/compare";
  int64_t jobs = 1;
  bool resume = false;
  bool force = false;
};

/// What is compared: a run that is there, or a config that is trained into OUT/NAME first.
struct Item {
  std::string config;  // empty for a run
  fs::path run;
};

std::vector<Item> items_of(const CompareArguments& arguments) {
  std::vector<Item> items;
  for (const auto& given : arguments.items) {
    if (fs::is_directory(given)) {
      items.push_back({.config = "", .run = given});
      continue;
    }
    const fs::path run = fs::path(arguments.out) / read_config(given, arguments.overrides).name;
    for (const auto& other : items)
      if (other.run == run)
        throw ConfigError(fmt::format(
            "{}: two configs would train into {}; give them different names", given, run.string()));
    items.push_back({.config = given, .run = run});
  }
  return items;
}

Existing existing_of(const CompareArguments& arguments) {
  return arguments.force    ? Existing::replace
         : arguments.resume ? Existing::resume
                            : Existing::refuse;
}

// One after the other in this process. Returns an exit status.
int train_here(const std::vector<Item>& items, const CompareArguments& arguments) {
  for (const auto& item : items) {
    if (item.config.empty()) continue;
    auto config = read_config(item.config, arguments.overrides);
    const auto reason =
        run_training(config, RunDirectory(item.run), {.existing = existing_of(arguments)});
    if (reason == StopReason::interrupted) return status_interrupted;
  }
  return status_done;
}

// Each in a process of its own, the cores shared out among them. Returns the worst exit status.
int train_side_by_side(const std::vector<Item>& items, const CompareArguments& arguments) {
  std::vector<ProgramStart> starts;
  const auto threads = std::max<int64_t>(1, at::get_num_threads() / arguments.jobs);
  for (const auto& item : items) {
    if (item.config.empty()) continue;
    // Lines, not bars, since several would draw theirs over one another's.
    ProgramStart start{
        .arguments = {"train", item.config, "--run", item.run.string()},
        .environment = {{"OMP_NUM_THREADS", std::to_string(threads)}, {"TERM", "dumb"}}};
    for (const auto& one : arguments.overrides)
      start.arguments.insert(start.arguments.end(), {"--set", one});
    if (arguments.force) start.arguments.push_back("--force");
    if (arguments.resume) start.arguments.push_back("--resume");
    starts.push_back(std::move(start));
  }
  const InterruptGuard interrupt;
  const auto statuses = run_programs(starts, arguments.jobs, interrupt.requested());
  if (interrupt.requested()) return status_interrupted;
  return statuses.empty() ? status_done : *std::max_element(statuses.begin(), statuses.end());
}

int compare(const CompareArguments& arguments) {
  const auto items = items_of(arguments);
  const int status =
      arguments.jobs > 1 ? train_side_by_side(items, arguments) : train_here(items, arguments);
  if (status != status_done) return status;
  std::vector<Entry> entries;
  for (const auto& item : items) entries.push_back(measure(item.run));
  const fs::path out = arguments.out;
  make_folder(out);
  write_file(out / "compare.csv", to_csv(entries));
  fmt::print("\n{}\n{}\n", to_text(entries), (out / "compare.csv").string());
  if (Gnuplot::available()) {
    draw_learning_curves(entries, out / "learning_curves");
    fmt::print("{}\n", (out / "learning_curves.png").string());
  } else {
    spdlog::warn("{}", missing_gnuplot_hint());
  }
  return status_done;
}

}  // namespace

void add_compare(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<CompareArguments>();
  auto* command =
      app.add_subcommand("compare", "train configs, or take runs, and hold them side by side");
  command
      ->add_option("ITEM", arguments->items,
                   "config files, which are trained first, or run directories")
      ->required();
  command->add_option("--set", arguments->overrides, "override a key in every config")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  command->add_option("--out", arguments->out, "folder for runs, table and figure")
      ->type_name("DIR")
      ->capture_default_str();
  command->add_option("--jobs", arguments->jobs, "how many to train at the same time")
      ->type_name("N")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  auto* resume =
      command->add_flag("--resume", arguments->resume, "go on with runs that are already there");
  command->add_flag("--force", arguments->force, "replace runs that are already there")
      ->excludes(resume);
  command->callback([&action, arguments] { action = [arguments] { return compare(*arguments); }; });
}

}  // namespace heed
