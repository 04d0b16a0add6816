#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "models/sequence_model.h"
#include "src/analysis/head_measure.h"
#include "src/commands/command.h"
#include "src/commands/kind_info.h"
#include "src/console/console_table.h"
#include "src/experiment/config_reference.h"
#include "src/experiment/run.h"
#include "train/files/file.h"

namespace heed {
namespace {

using nlohmann::ordered_json;

struct InfoArguments {
  std::vector<std::string> subject;
  bool json = false;
  bool markdown = false;
};

// What `heed analyze` measures of each head.
int measures_info(bool json) {
  if (json) {
    auto info = ordered_json::object();
    for (const auto& measure : head_measures())
      info[measure.name] = {
          {"title", measure.title}, {"formula", measure.formula}, {"source", measure.source}};
    fmt::print("{}\n", info.dump(2));
    return status_done;
  }
  ConsoleTable table({{"measure"}, {"formula"}, {"source"}},
                     "A[q, k] is the weight that a head's query q gives to key k");
  for (const auto& measure : head_measures())
    table.add_row({measure.name, measure.formula, measure.source});
  fmt::print("{}", table.to_text());
  return status_done;
}

// How each block of the model is computed during training.
std::vector<BlockPath> training_paths(const ExperimentConfig& config, SequenceModel& model) {
  const ComputeScope scope(config.train.compute());
  model.to(config.train.dtype());
  model.train();
  return model.describe_paths();
}

ordered_json paths_json(const std::vector<BlockPath>& paths) {
  auto all = ordered_json::array();
  for (const auto& block : paths) {
    all.push_back({{"block", block.name}, {"path", enum_name(block.path)}});
    if (!block.reason.empty()) all.back()["reason"] = block.reason;
  }
  return all;
}

void print_paths(const std::vector<BlockPath>& paths) {
  for (const auto& block : paths)
    fmt::print("# {}: {}{}\n", block.name, enum_name(block.path),
               block.reason.empty() ? "" : " (" + block.reason + ")");
}

int config_info(const std::string& file, bool json) {
  auto config = read_config(file);
  prepare_task(config);
  const auto model = build_model(config);
  const auto bound = config.task->bound();
  const auto paths = training_paths(config, *model);
  if (json) {
    ordered_json info = {{"name", config.name},        {"task", config.task_kind},
                         {"model", config.model_kind}, {"parameters", model->parameter_count()},
                         {"config", to_toml(config)},  {"blocks", paths_json(paths)}};
    if (bound) info["bound"] = *bound;
    fmt::print("{}\n", info.dump(2));
    return status_done;
  }
  fmt::print("{}\n# {} parameters", to_toml(config), model->parameter_count());
  if (bound) fmt::print(", entropy bound {:.4f} nats per token", *bound);
  fmt::print("\n");
  print_paths(paths);
  return status_done;
}

int run_info(const std::string& path, bool json) {
  const RunDirectory directory(path);
  if (!std::filesystem::exists(directory.summary()))
    throw std::runtime_error(
        fmt::format("{}: expected a run with a summary.json; `heed train CONFIG --resume` "
                    "finishes an interrupted run",
                    path));
  const auto summary = ordered_json::parse(read_file(directory.summary()));
  if (json) {
    fmt::print("{}\n", summary.dump(2));
    return status_done;
  }
  for (const auto& [key, value] : summary.items())
    if (!value.is_object())
      fmt::print("{:<18} {}\n", key, value.is_string() ? value.get<std::string>() : value.dump());
  return status_done;
}

int print_config_reference() {
  fmt::print("{}", config_markdown());
  return status_done;
}

int info(const InfoArguments& arguments) {
  const auto& subject = arguments.subject;
  if (arguments.markdown) return print_config_reference();
  if (subject.empty()) return print_program_info(arguments.json);
  const auto& first = subject[0];
  if (subject.size() == 1 && first == "measures") return measures_info(arguments.json);
  if (subject.size() == 1)
    return std::filesystem::is_directory(first) ? run_info(first, arguments.json)
                                                : config_info(first, arguments.json);
  if (first == "task") return print_task_info(subject[1], arguments.json);
  if (first == "model") return print_model_info(subject[1], arguments.json);
  if (first == "pattern") return print_pattern_info(subject[1], arguments.json);
  throw ConfigError(
      fmt::format("info {} {}: expected a run, a config, `task NAME`, `model NAME`, `pattern NAME` "
                  "or `measures`",
                  first, subject[1]));
}

class InfoCommand : public Command {
 public:
  int help_order() const override { return 9; }

  void add_options(CLI::App& app) override {
    auto* subject =
        app.add_option("SUBJECT", arguments_.subject,
                       "a run, a config file, `task NAME`, `model NAME`, `pattern NAME` "
                       "or `measures` (default: the program)")
            ->expected(0, 2);
    add_json_option(app, arguments_.json);
    app.add_flag("--markdown", arguments_.markdown, "print docs/config.md: every key of a config")
        ->excludes(subject);
  }

  std::string details() const override {
    return R"(
Without a subject, lists all tasks, models, positional encodings, attention patterns and optimizers,
and the keys of the sections [attention], [train] and [analysis].

For a task, prints its definition, the score that simple strategies reach, an example row and its
keys. For a config, prints the complete config, the number of parameters, the entropy bound of the
task if it is known, and for each block whether heed's fused kernels or the readable reference
compute it in training, and why. For a run, prints its summary. `measures` prints the formula and the source of
each measure of heed analyze.)";
  }

  std::vector<Example> examples() const override {
    return {{"heed info task recall", "describes a task and its keys"},
            {"heed info configs/translate.toml", "prints the complete config"},
            {"heed info --markdown > docs/config.md", "updates the page in docs/"}};
  }

  int run() override { return info(arguments_); }

 private:
  InfoArguments arguments_;
};

const Registration<Command, InfoCommand> info_registration{
    "info", "list models, tasks and keys, or describe a run or a config"};

}  // namespace
}  // namespace heed
