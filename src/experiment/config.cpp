#include "src/experiment/config.h"

#include <fmt/format.h>
#include <torch/utils.h>

#include "models/sequence_model.h"
#include "src/experiment/config_table.h"
#include "src/files/matrix_file.h"

namespace heed {
namespace {

std::string setting_text(const Option& option) {
  return std::visit(
      [](const auto& value) {
        using Value = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<Value, std::vector<std::string>>) {
          toml::array array;
          for (const auto& text : value) array.push_back(text);
          return toml_text(array);
        } else {
          return toml_text(toml::value<Value>(value));
        }
      },
      option.value());
}

void add_settings(const std::string& section, const OptionList& list, std::vector<Setting>& all) {
  for (const auto& option : list.options())
    all.push_back({.key = dotted(section, option.name),
                   .value = setting_text(option),
                   .changes_on_resume = option.changes_on_resume});
}

// `kind_key` chose the other options of the section; empty if the section has no kinds.
void add_section(const std::string& section, const std::string& kind_key, std::string kind,
                 Configurable& options, std::vector<Setting>& all) {
  OptionList list;
  if (!kind_key.empty()) list.add(kind_key, &kind, "");
  options.describe(list);
  add_settings(section, list, all);
}

ConfigError option_failure(const ExperimentConfig& config, const std::string& section,
                           const OptionError& error) {
  const auto key = section + "." + error.option();
  const auto found = config.origins.find(key);
  const auto where = found == config.origins.end() ? config.file.string() : found->second;
  return ConfigError(fmt::format("{}: {}: {}", where, key, error.what()));
}

void prepare_attention(const ExperimentConfig& config) {
  auto* attention = config.model->attention();
  if (!attention) return;
  try {
    if (!config.attention_matrix.empty())
      attention->pattern->set_matrix(read_matrix(config.attention_matrix), config.model->causal());
    config.model->check_attention(config.task->shape());
  } catch (const OptionError& error) {
    throw option_failure(config, "attention", error);
  } catch (const std::exception& error) {
    throw option_failure(config, "attention", OptionError("matrix", error.what()));
  }
}

}  // namespace

OptionList describe_top(ExperimentConfig& config) {
  OptionList list;
  list.add("name", &config.name, "of the run").may_change_on_resume();
  list.add("seed", &config.seed, "of weights and data").at_least(0);
  return list;
}

std::vector<Setting> list_settings(ExperimentConfig& config) {
  std::vector<Setting> all;
  add_settings("", describe_top(config), all);
  add_section("task", "kind", config.task_kind, *config.task, all);
  add_section("model", "kind", config.model_kind, *config.model, all);
  if (auto* attention = config.model->attention())
    add_section("attention", "pattern", attention->pattern_name(), *attention, all);
  add_section("train", "", "", config.train, all);
  add_section("analysis", "", "", config.analysis, all);
  return all;
}

std::string to_toml(ExperimentConfig& config) {
  std::string text, section;
  for (const auto& [key, value, changes] : list_settings(config)) {
    const auto dot = key.find('.');
    const auto here = dot == std::string::npos ? "" : key.substr(0, dot);
    if (here != section) text += fmt::format("\n[{}]\n", here);
    section = here;
    text += fmt::format("{} = {}\n", dot == std::string::npos ? key : key.substr(dot + 1), value);
  }
  return text;
}

std::vector<ChangedSetting> changed_settings(ExperimentConfig& before, ExperimentConfig& now) {
  std::map<std::string, std::string> old;
  for (const auto& setting : list_settings(before)) old[setting.key] = setting.value;
  std::vector<ChangedSetting> changed;
  for (const auto& setting : list_settings(now)) {
    const auto found = old.find(setting.key);  // another kind has other keys
    if (found != old.end() && found->second != setting.value)
      changed.push_back({.key = setting.key,
                         .before = found->second,
                         .now = setting.value,
                         .changes_on_resume = setting.changes_on_resume});
  }
  return changed;
}

void prepare_task(ExperimentConfig& config, std::shared_ptr<const Tokenizer> tokenizer) {
  try {
    config.task->prepare({.seed = static_cast<uint64_t>(config.seed),
                          .context = config.train.context,
                          .tokenizer = std::move(tokenizer)});
  } catch (const OptionError& error) {
    throw option_failure(config, "task", error);
  }
}

std::shared_ptr<SequenceModel> build_model(const ExperimentConfig& config) {
  torch::manual_seed(static_cast<uint64_t>(config.seed));
  prepare_attention(config);
  try {
    auto model = config.model->build(config.task->shape());
    model->to(config.train.dtype());
    return model;
  } catch (const OptionError& error) {
    throw option_failure(config, "model", error);
  }
}

}  // namespace heed
