#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <filesystem>
#include <optional>

#include "src/analysis/analysis.h"
#include "src/analysis/analysis_json.h"
#include "src/analysis/findings.h"
#include "src/analysis/tables.h"
#include "src/analysis/write_analysis.h"
#include "src/commands/command.h"
#include "src/console/progress_bar.h"
#include "src/experiment/training.h"

namespace heed {
namespace {

namespace fs = std::filesystem;

struct AnalyzeArguments {
  std::vector<std::string> runs;
  std::vector<std::string> overrides;
  int64_t sentences = 256;
  std::string split = "validation";
  std::string out;
  bool json = false;
  std::string device = "cpu";
};

// A run directory, or a config's, which is trained first unless that is done; nothing if the
// training was interrupted.
std::optional<fs::path> find_or_train_run(const AnalyzeArguments& arguments,
                                          const std::string& given) {
  if (RunDirectory(given).holds_run()) return given;
  if (!fs::is_regular_file(given))
    throw std::runtime_error(
        fmt::format("{}: expected a run directory, which holds config.toml, or a config file; "
                    "`heed train CONFIG` makes a run of one",
                    given));
  auto config = read_config(given, arguments.overrides);
  const RunDirectory directory(fs::path("runs") / config.name);
  const auto reason = run_training(
      config, directory, {.if_exists = IfExists::resume, .device = parse_device(arguments.device)});
  if (reason == StopReason::interrupted) return std::nullopt;
  return directory.path();
}

Analysis analyzed(const AnalyzeArguments& arguments, const Run& run) {
  ProgressBar bar(run.config.name, 0);
  return analyze(run, {.sentences = arguments.sentences,
                       .split = parse_split(arguments.split),
                       .on_progress = [&](int64_t done, int64_t all) {
                         bar.show({.label = "heads", .step = done, .total = all});
                       }});
}

void print(const Analysis& analysis, const std::vector<fs::path>& files) {
  fmt::print("{}: {} on task {}, step {}\n{} sentences, loss {:.4f}", analysis.name,
             analysis.model_kind, analysis.task_kind, analysis.step, analysis.sentences,
             analysis.loss.mean);
  if (analysis.accuracy) fmt::print(", {} {:.1f} %", analysis.measure, 100 * *analysis.accuracy);
  fmt::print("\n\n{}\n{}\n", heads_table(analysis).to_text(), places_table(analysis).to_text());
  for (const auto& table : link_tables(analysis)) fmt::print("{}\n", table.to_text());
  ConsoleTable says({{"what this says"}});
  for (const auto& finding : findings(analysis)) says.add_row({finding});
  fmt::print("{}\n{}\n", layers_table(analysis).to_text(), says.to_text());
  for (const auto& file : files) fmt::print("{}\n", file.string());
  std::fflush(stdout);  // before the next run's training writes to the log
}

int analyze_runs(const AnalyzeArguments& arguments) {
  auto all = nlohmann::ordered_json::array();
  for (const auto& given : arguments.runs) {
    const auto path = find_or_train_run(arguments, given);
    if (!path) return status_interrupted;
    const auto run = open_run(*path, parse_device(arguments.device));
    const auto analysis = analyzed(arguments, run);
    auto folder = arguments.out.empty() ? run.directory.analysis() : fs::path(arguments.out);
    if (!arguments.out.empty() && arguments.runs.size() > 1)
      folder /= fs::absolute(*path / ".").lexically_normal().parent_path().filename();
    const auto files = write_analysis(run, analysis, folder);
    if (arguments.json)
      all.push_back(to_json(analysis));
    else
      print(analysis, files);
    if (!arguments.json && &given != &arguments.runs.back()) fmt::print("\n");
  }
  if (arguments.json) fmt::print("{}\n", (all.size() == 1 ? all[0] : all).dump(2));
  return status_done;
}

}  // namespace

void add_analyze(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<AnalyzeArguments>();
  auto* command = app.add_subcommand("analyze", "measure what each head does and what it is worth");
  command->footer("Example: heed analyze runs/demo/transformer");
  command
      ->add_option("RUN", arguments->runs,
                   "run directories, or configs, which are trained first (into runs/ and their "
                   "names)")
      ->required();
  command->add_option("--set", arguments->overrides, "override a key in every config")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  command
      ->add_option("--sentences", arguments->sentences, "how many rows of the split are measured")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--split", arguments->split, "which data")
      ->check(CLI::IsMember({"validation", "test"}))
      ->capture_default_str();
  command
      ->add_option("--out", arguments->out,
                   "folder for tables, figures and the page (default: RUN/analysis)")
      ->type_name("DIR");
  command->add_flag("--json", arguments->json, "one JSON value");
  command->add_option("--device", arguments->device, "where to compute")
      ->check(CLI::IsMember({"cpu", "cuda"}));
  command->callback(
      [&action, arguments] { action = [arguments] { return analyze_runs(*arguments); }; });
}

}  // namespace heed
