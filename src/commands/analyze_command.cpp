#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <filesystem>
#include <optional>

#include "src/analysis/analysis.h"
#include "src/analysis/analysis_json.h"
#include "src/analysis/findings.h"
#include "src/analysis/tables.h"
#include "src/attend/run_analysis.h"
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

// The given run directory, or the one of a config, which is trained first if it is not done yet.
// Empty if the training was interrupted.
std::optional<fs::path> find_or_train_run(const AnalyzeArguments& arguments,
                                          const std::string& given) {
  if (RunDirectory(given).holds_run()) return given;
  if (!fs::is_regular_file(given))
    throw std::runtime_error(
        fmt::format("{}: expected a run directory, which holds config.toml, or a config file; "
                    "`heed train CONFIG` makes a run from a config file",
                    given));
  auto config = read_config(given, arguments.overrides);
  const RunDirectory directory(fs::path("runs") / config.name);
  const auto reason = run_training(
      config, directory, {.if_exists = IfExists::resume, .device = parse_device(arguments.device)});
  if (reason == StopReason::interrupted) return std::nullopt;
  return directory.path();
}

Analysis analyze_with_progress(const AnalyzeArguments& arguments, const Run& run) {
  ProgressBar bar(run.config.name, 0);
  return analyze_run(run, {.sentences = arguments.sentences,
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
    const auto analysis = analyze_with_progress(arguments, run);
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

class AnalyzeCommand : public Command {
 public:
  int help_order() const override { return 5; }

  void add_options(CLI::App& app) override {
    app.add_option("RUN", arguments_.runs,
                   "run directories, or config files, which are trained first (into runs/ and "
                   "their names)")
        ->required();
    add_set_option(app, arguments_.overrides, "override a key in every config file");
    app.add_option("--sentences", arguments_.sentences, "how many rows of the split to measure")
        ->type_name("N")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    add_split_option(app, arguments_.split, "which data to measure");
    app.add_option("--out", arguments_.out,
                   "folder for tables, figures and the page (default: RUN/analysis)")
        ->type_name("DIR");
    add_json_option(app, arguments_.json);
    add_device_option(app, arguments_.device);
  }

  std::string details() const override {
    return R"(
For each head, prints its role with a score before and after training, how far it looks, and how
much the loss increases if its output is replaced by zero or by its mean. If the task knows which
tokens belong together, it prints how often a head finds them, beside the best fixed offset and other
heuristics that need no attention. The findings follow in sentences.

RUN/analysis gets heads.csv and analysis.json with every number, the figures, and attention.html, a
page to explore the heads. `heed info measures` prints the formula and the source of each measure.

With every = 20 in section [analysis] of a config, training measures the heads every 20 steps, and
heed analyze also draws when each role emerged.)";
  }

  std::vector<Example> examples() const override {
    return {{"heed analyze runs/demo/transformer", "measures the heads of a run"},
            {"heed analyze configs/induction.toml configs/induction_one_layer.toml",
             "trains two models of the induction task and measures both"}};
  }

  int run() override { return analyze_runs(arguments_); }

 private:
  AnalyzeArguments arguments_;
};

const Registration<Command, AnalyzeCommand> analyze_registration{
    "analyze", "measure what each attention head does and how much the model needs it"};

}  // namespace
}  // namespace heed
