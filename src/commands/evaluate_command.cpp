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
    // The task's bound holds for its own sentences. For other text, the exact predictor's loss on
    // that text takes its place.
    const auto bound = arguments.text.empty() ? task.bound() : evaluation.exact_loss;
    fmt::print("{}\n", to_json(evaluation, bound).dump(2));
  } else {
    fmt::print("{}", to_text(evaluation, arguments.text.empty() ? task.bound() : std::nullopt));
  }
  return status_done;
}

class EvaluateCommand : public Command {
 public:
  int help_order() const override { return 2; }

  void add_options(CLI::App& app) override {
    app.add_option("RUN", arguments_.run, "the run directory")->required();
    app.add_option("--text", arguments_.text, "measure this text file instead of the run's data")
        ->type_name("FILE");
    app.add_option("--context", arguments_.context, "positions per row (default: as in training)")
        ->type_name("N")
        ->check(CLI::PositiveNumber);
    add_set_option(app, arguments_.settings, "override a key of the task, such as task.length=200");
    add_split_option(app, arguments_.split, "which data to measure");
    add_json_option(app, arguments_.json);
    add_device_option(app, arguments_.device);
  }

  std::string details() const override {
    return R"(
Prints the loss in nats per token with its standard error, the perplexity, and bits per character.
If the task's exact probabilities are known, the loss is also compared with the exact predictor's on
the same tokens. Other measures follow the task: accuracy by length or distance, exact match,
agreement, and for a translator the alignment error rate of each head's cross-attention.)";
  }

  std::vector<Example> examples() const override {
    return {{"heed evaluate runs/translate", "measures the run on its validation data"},
            {"heed evaluate runs/demo/lstm --text story.txt", "measures it on your own text"}};
  }

  int run() override { return evaluate_run(arguments_); }

 private:
  EvaluateArguments arguments_;
};

const Registration<Command, EvaluateCommand> evaluate_registration{
    "evaluate", "measure a run on validation data, test data or your own text"};

}  // namespace
}  // namespace heed
