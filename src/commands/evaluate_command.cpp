#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "src/commands/command.h"
#include "src/experiment/run.h"
#include "src/pages/evaluation_report.h"
#include "train/files/file.h"

namespace heed {
namespace {

struct EvaluateArguments {
  std::string run;
  std::string text;
  int64_t context = 0;  // 0: as in training
  std::vector<std::string> settings;
  std::string split = "validation";
  bool json = false;
  std::string device = "cpu";
};

int evaluate_run(const EvaluateArguments& arguments) {
  auto run = open_run(arguments.run, parse_device(arguments.device));
  if (arguments.context > 0) change_context(run, arguments.context);
  if (!arguments.settings.empty()) change_task(run, arguments.settings);
  const auto& task = *run.config.task;
  const auto split = parse_split(arguments.split);
  if (arguments.text.empty() && task.evaluation_rows(split) < 1)
    throw ConfigError(
        fmt::format("--split {}: expected data in that split, but this run's task has none there",
                    arguments.split));
  const auto source = arguments.text.empty()
                          ? task.rows(split)
                          : task.rows_of_text(read_file(arguments.text), arguments.text);
  const auto evaluation = evaluate(*run.model, task, source);
  if (arguments.json) {
    // The task's bound speaks of its own sentences; for others there is the exact predictor's loss
    // on them.
    const auto bound = arguments.text.empty() ? task.bound() : evaluation.exact_loss;
    fmt::print("{}\n", to_json(evaluation, bound).dump(2));
  } else {
    fmt::print("{}", to_text(evaluation, arguments.text.empty() ? task.bound() : std::nullopt));
  }
  return status_done;
}

}  // namespace

void add_evaluate(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<EvaluateArguments>();
  auto* command =
      app.add_subcommand("evaluate", "measure a run on its validation or test data or on a text");
  command->footer("Example: heed evaluate runs/translate");
  command->add_option("RUN", arguments->run, "the run directory")->required();
  command->add_option("--text", arguments->text, "a text file instead of the validation data")
      ->type_name("FILE");
  command
      ->add_option("--context", arguments->context,
                   "positions a row, shorter or longer than in training")
      ->check(CLI::PositiveNumber);
  command
      ->add_option("--set", arguments->settings,
                   "override a key of the task, such as task.length=200")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  command->add_option("--split", arguments->split, "which data")
      ->check(CLI::IsMember({"validation", "test"}))
      ->capture_default_str();
  command->add_flag("--json", arguments->json, "one JSON object");
  command->add_option("--device", arguments->device, "where to compute")
      ->check(CLI::IsMember({"cpu", "cuda"}));
  command->callback(
      [&action, arguments] { action = [arguments] { return evaluate_run(*arguments); }; });
}

}  // namespace heed
