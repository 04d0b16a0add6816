#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/version.h>
#include <CLI/CLI.hpp>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "models/positions/positional_encoding.h"
#include "models/sequence_model.h"
#include "src/analysis/head_measure.h"
#include "src/commands/command.h"
#include "src/console/console_table.h"
#include "src/console/nearest_word.h"
#include "src/experiment/run.h"
#include "src/version.h"
#include "train/files/file.h"

namespace heed {
namespace {

using nlohmann::ordered_json;

struct InfoArguments {
  std::vector<std::string> what;
  bool json = false;
};

ordered_json show_default(const Option& option) {
  return std::visit([](const auto* value) { return ordered_json(*value); }, option.target);
}

ordered_json options_json(Configurable& configurable) {
  OptionList list;
  configurable.describe(list);
  auto result = ordered_json::array();
  for (const auto& option : list.options())
    result.push_back({{"name", option.name},
                      {"default", show_default(option)},
                      {"expected", option.expected()},
                      {"help", option.help}});
  return result;
}

template <class Product>
ordered_json kinds_json() {
  ordered_json result = ordered_json::object();
  const auto& registry = Registry<Product>::instance();
  for (const auto& name : registry.names()) {
    result[name] = {{"summary", registry.find(name)->summary}};
    if constexpr (std::is_base_of_v<Configurable, Product>)
      result[name]["options"] = options_json(*registry.make(name));
  }
  return result;
}

ordered_json program_json() {
  TrainOptions train;
  AnalysisOptions analysis;
  AttentionOptions attention;
  return {{"version", HEED_VERSION},
          {"libtorch", TORCH_VERSION},
          {"threads", at::get_num_threads()},
          {"tasks", kinds_json<Task>()},
          {"models", kinds_json<ModelBuilder>()},
          {"positions", kinds_json<PositionKind>()},
          {"patterns", kinds_json<AttentionPattern>()},
          {"optimizers", kinds_json<Optimizer>()},
          {"attention", {{"options", options_json(attention)}}},
          {"train", {{"options", options_json(train)}}},
          {"analysis", {{"options", options_json(analysis)}}}};
}

void print_options(const std::string& section, const ordered_json& options) {
  ConsoleTable table({{fmt::format("[{}]", section)}, {"what it is"}, {"takes"}, {"default"}});
  for (const auto& option : options)
    table.add_row({option["name"].get<std::string>(), option["help"].get<std::string>(),
                   option["expected"].get<std::string>(), option["default"].dump()});
  fmt::print("{}", options.empty() ? fmt::format("no options in section [{}]\n", section)
                                   : table.to_text());
}

void print_kinds(const std::string& key, const std::string& title, const ordered_json& kinds) {
  ConsoleTable table({{key}, {title}});
  for (const auto& [name, kind] : kinds.items())
    table.add_row({name, kind["summary"].get<std::string>()});
  fmt::print("{}\n", table.to_text());
}

int program_info(bool json) {
  const auto info = program_json();
  if (json) {
    fmt::print("{}\n", info.dump(2));
    return status_done;
  }
  fmt::print("heed {}, LibTorch {}, {} threads\n\n", HEED_VERSION, TORCH_VERSION,
             at::get_num_threads());
  print_kinds("task.kind", "tasks; `heed info task NAME` has their options", info["tasks"]);
  print_kinds("model.kind", "models; `heed info model NAME`", info["models"]);
  print_kinds("model.position", "how a transformer is told of order", info["positions"]);
  print_kinds("attention.pattern", "who may attend to whom; `heed info pattern NAME`",
              info["patterns"]);
  print_kinds("train.optimizer", "what moves the weights", info["optimizers"]);
  print_options("attention", info["attention"]["options"]);
  fmt::print("\n");
  print_options("train", info["train"]["options"]);
  fmt::print("\n");
  print_options("analysis", info["analysis"]["options"]);
  return status_done;
}

template <class Product>
void check_kind(const std::string& word, const std::string& name) {
  const auto names = Registry<Product>::instance().names();
  if (Registry<Product>::instance().find(name)) return;
  const auto near = nearest_word(name, names);
  throw ConfigError(fmt::format("info {} {}: there is no such {}; {}", word, name, word,
                                near.empty() ? fmt::format("known are: {}", fmt::join(names, ", "))
                                             : fmt::format("did you mean {}?", near)));
}

// `word` is what the user calls the kind, `section` where its options stand in a config.
template <class Product>
int kind_info(const std::string& word, const std::string& section, const std::string& name,
              bool json) {
  check_kind<Product>(word, name);
  const ordered_json kinds = kinds_json<Product>();
  if (json) {
    fmt::print("{}\n", kinds[name].dump(2));
    return status_done;
  }
  fmt::print("{}: {}\n\n", name, kinds[name]["summary"].get<std::string>());
  print_options(section, kinds[name]["options"]);
  return status_done;
}

std::string value_text(const Baseline& baseline) {
  if (!baseline.value) return "";
  return baseline.measure == "loss" ? fmt::format("{:.4f}", *baseline.value)
                                    : fmt::format("{:.3g} %", 100 * *baseline.value);
}

ordered_json baselines_json(const std::vector<Baseline>& baselines) {
  auto result = ordered_json::array();
  for (const auto& one : baselines) {
    result.push_back({{"measure", one.measure}, {"formula", one.formula}, {"who", one.who}});
    if (one.value) result.back()["value"] = *one.value;
  }
  return result;
}

// A task as its options stand by default; those that read the user's files are not prepared.
std::unique_ptr<Task> default_task(const std::string& name) {
  auto task = TaskRegistry::instance().make(name);
  try {
    task->prepare({});
  } catch (const OptionError&) {
    task = TaskRegistry::instance().make(name);
  }
  return task;
}

int task_info(const std::string& name, bool json) {
  check_kind<Task>("task", name);
  const auto task = default_task(name);
  const auto card = task->card();
  const auto baselines = task->baselines();
  const auto example = TaskRegistry::instance().make(name)->example();
  auto info = kinds_json<Task>()[name];
  if (json) {
    info["definition"] = card.definition;
    info["judged"] = card.judged;
    info["source"] = card.source;
    info["baselines"] = baselines_json(baselines);
    info["example"] = example;
    fmt::print("{}\n", info.dump(2));
    return status_done;
  }
  fmt::print("{}: {}\n\n", name, info["summary"].get<std::string>());
  ConsoleTable about({{"what"}, {card.definition}});
  about.add_row({"judged by", card.judged});
  about.add_row({"source", card.source});
  fmt::print("{}\n", about.to_text());
  ConsoleTable table({{"a model that"}, {"measure"}, {"formula"}, {"value", Align::right}});
  for (const auto& one : baselines)
    table.add_row({one.who, one.measure, one.formula, value_text(one)});
  fmt::print("{}\n{}\n", table.to_text(), example);
  print_options("task", info["options"]);
  return status_done;
}

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

int config_info(const std::string& file, bool json) {
  auto config = read_config(file);
  prepare_task(config);
  const auto model = build_model(config);
  const auto bound = config.task->bound();
  if (json) {
    ordered_json info = {{"name", config.name},
                         {"task", config.task_kind},
                         {"model", config.model_kind},
                         {"parameters", model->parameter_count()},
                         {"config", to_toml(config)}};
    if (bound) info["bound"] = *bound;
    fmt::print("{}\n", info.dump(2));
    return status_done;
  }
  fmt::print("{}\n# {} parameters", to_toml(config), model->parameter_count());
  if (bound) fmt::print(", entropy bound {:.4f} nats per token", *bound);
  fmt::print("\n");
  return status_done;
}

int run_info(const std::string& path, bool json) {
  const RunDirectory directory(path);
  if (!std::filesystem::exists(directory.summary()))
    throw std::runtime_error(
        fmt::format("{}: expected a run with a summary.json; `heed train ... --resume` "
                    "finishes a run that was stopped",
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

int info(const InfoArguments& arguments) {
  const auto& what = arguments.what;
  if (what.empty()) return program_info(arguments.json);
  if (what.size() == 1 && what[0] == "measures") return measures_info(arguments.json);
  if (what.size() == 2 && what[0] == "task") return task_info(what[1], arguments.json);
  if (what.size() == 2 && what[0] == "model")
    return kind_info<ModelBuilder>("model", "model", what[1], arguments.json);
  if (what.size() == 2 && what[0] == "pattern")
    return kind_info<AttentionPattern>("pattern", "attention", what[1], arguments.json);
  if (what.size() == 2)
    throw ConfigError(
        fmt::format("info {} {}: expected a run, a config, `task NAME`, `model NAME`, `pattern "
                    "NAME` or `measures`",
                    what[0], what[1]));
  return std::filesystem::is_directory(what[0]) ? run_info(what[0], arguments.json)
                                                : config_info(what[0], arguments.json);
}

}  // namespace

void add_info(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<InfoArguments>();
  auto* command = app.add_subcommand("info", "what there is, or what a run, config or task is");
  command->footer("Example: heed info task recall");
  command
      ->add_option(
          "WHAT", arguments->what,
          "a run, a config, `task NAME`, `model NAME`, `pattern NAME`, `measures`; nothing: the "
          "program")
      ->expected(0, 2);
  command->add_flag("--json", arguments->json, "one JSON object");
  command->callback([&action, arguments] { action = [arguments] { return info(*arguments); }; });
}

}  // namespace heed
