#include "src/commands/kind_info.h"

#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <torch/version.h>

#include <nlohmann/json.hpp>

#include "models/positions/positional_encoding.h"
#include "src/console/console.h"
#include "src/console/console_table.h"
#include "src/console/nearest_word.h"
#include "src/experiment/config.h"
#include "src/version.h"

namespace heed {
namespace {

using nlohmann::ordered_json;

ordered_json default_value(const Option& option) {
  return std::visit([](const auto& value) { return ordered_json(value); }, option.value());
}

ordered_json options_json(Configurable& configurable) {
  OptionList list;
  configurable.describe(list);
  auto result = ordered_json::array();
  for (const auto& option : list.options())
    result.push_back({{"name", option.name},
                      {"default", default_value(option)},
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
  ConsoleTable table({{fmt::format("[{}]", section)}, {"meaning"}, {"expects"}, {"default"}});
  for (const auto& option : options)
    table.add_row({option["name"].get<std::string>(), option["help"].get<std::string>(),
                   option["expected"].get<std::string>(), option["default"].dump()});
  fmt::print("{}", options.empty() ? fmt::format("no keys of its own in section [{}]\n", section)
                                   : table.to_text());
}

void print_kinds(const std::string& key, const std::string& title, const ordered_json& kinds) {
  ConsoleTable table({{key}, {title}});
  for (const auto& [name, kind] : kinds.items())
    table.add_row({name, kind["summary"].get<std::string>()});
  fmt::print("{}\n", table.to_text());
}

template <class Product>
void check_kind(const std::string& word, const std::string& name) {
  const auto& registry = Registry<Product>::instance();
  if (!registry.find(name))
    throw ConfigError(fmt::format("info {} {}: there is no such {}; {}", word, name, word,
                                  suggestion(name, registry.names())));
}

// `word` is what the user calls the kind; `section` is the section of a config with its keys.
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

// A task with its default options. A task that needs the user's files is not prepared.
std::unique_ptr<Task> default_task(const std::string& name) {
  auto task = TaskRegistry::instance().make(name);
  try {
    task->prepare({});
  } catch (const OptionError&) {
    task = TaskRegistry::instance().make(name);
  }
  return task;
}

}  // namespace

int print_program_info(bool json) {
  const auto info = program_json();
  if (json) {
    fmt::print("{}\n", info.dump(2));
    return status_done;
  }
  fmt::print("heed {}, LibTorch {}, {} threads\n\n", HEED_VERSION, TORCH_VERSION,
             at::get_num_threads());
  print_kinds("task.kind", "tasks; `heed info task NAME` lists their keys", info["tasks"]);
  print_kinds("model.kind", "models; `heed info model NAME` lists their keys", info["models"]);
  print_kinds("model.position", "positional encoding of a transformer", info["positions"]);
  print_kinds("attention.pattern", "which positions attend to which; see `heed info pattern NAME`",
              info["patterns"]);
  print_kinds("train.optimizer", "optimizers", info["optimizers"]);
  print_options("attention", info["attention"]["options"]);
  fmt::print("\n");
  print_options("train", info["train"]["options"]);
  fmt::print("\n");
  print_options("analysis", info["analysis"]["options"]);
  return status_done;
}

int print_task_info(const std::string& name, bool json) {
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
  ConsoleTable about({{"definition"}, {card.definition}});
  about.add_row({"measured by", card.judged});
  about.add_row({"source", card.source});
  fmt::print("{}\n", about.to_text());
  ConsoleTable table({{"a model that"}, {"measure"}, {"formula"}, {"value", Align::right}});
  for (const auto& one : baselines)
    table.add_row({one.who, one.measure, one.formula, value_text(one)});
  fmt::print("{}\n{}\n", table.to_text(), example);
  print_options("task", info["options"]);
  return status_done;
}

int print_model_info(const std::string& name, bool json) {
  return kind_info<ModelBuilder>("model", "model", name, json);
}

int print_pattern_info(const std::string& name, bool json) {
  return kind_info<AttentionPattern>("pattern", "attention", name, json);
}

}  // namespace heed
