#include "src/experiment/config.h"

#include <fmt/format.h>
#include <torch/utils.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "models/sequence_model.h"
#include "src/experiment/config_table.h"
#include "src/console/nearest_word.h"
#include "src/files/matrix_file.h"
#include "train/files/file.h"

namespace heed {
namespace {

namespace fs = std::filesystem;

// The value of a described option from a TOML node; false if the type is another.
bool assign(const Option& option, const toml::node& node) {
  if (auto* target = std::get_if<bool*>(&option.target)) {
    if (const auto value = node.value_exact<bool>()) return **target = *value, true;
  } else if (auto* integer = std::get_if<int64_t*>(&option.target)) {
    if (const auto value = node.value_exact<int64_t>()) return **integer = *value, true;
  } else if (auto* number = std::get_if<double*>(&option.target)) {
    if (node.is_number()) return **number = *node.value<double>(), true;
  } else if (auto* text = std::get_if<std::string*>(&option.target)) {
    if (const auto value = node.value_exact<std::string>()) return **text = *value, true;
  } else if (auto* texts = std::get_if<std::vector<std::string>*>(&option.target)) {
    if (const auto value = node.value_exact<std::string>()) return **texts = {*value}, true;
    const auto* array = node.as_array();
    if (!array || !array->is_homogeneous(toml::node_type::string)) return false;
    (*texts)->clear();
    for (const auto& one : *array) (*texts)->push_back(*one.value<std::string>());
    return true;
  }
  return false;
}

class Reader {
 public:
  Reader(const fs::path& file, const std::vector<std::string>& overrides)
      : file_(file), table_(read_table(file, overrides)) {}

  // What a file says of the comparison that this run is part of is not this run's business.
  void leave_comparison_out() {
    for (const auto& key : comparison_keys()) table_.root.erase(key);
  }

  ExperimentConfig read() {
    for (const auto& key : comparison_keys())
      if (const auto* node = table_.root.get(key))
        throw ConfigError(fmt::format(
            "{}: {}: expected the settings of one run, got a comparison; `heed compare {}` runs it",
            where(key, *node), key, file_.string()));
    ExperimentConfig config;
    config.file = file_;
    config.name = file_.stem().string();
    OptionList top;
    top.add("name", &config.name, "of the run");
    top.add("seed", &config.seed, "of weights and data").at_least(0);
    read_section("", top, {"task", "model", "attention", "train", "analysis"});

    config.task_kind = read_kind("task", TaskRegistry::instance().names());
    config.model_kind = read_kind("model", ModelRegistry::instance().names());
    config.task = TaskRegistry::instance().make(config.task_kind);
    config.model = ModelRegistry::instance().make(config.model_kind);
    read_configurable("task", *config.task, {"kind"}, keys_of_all<Task>(), config.unused);
    read_configurable("model", *config.model, {"kind"}, keys_of_all<ModelBuilder>(), config.unused);
    read_attention(config);
    read_configurable("train", config.train, {}, {}, config.unused);
    read_configurable("analysis", config.analysis, {}, {}, config.unused);
    config.origins = table_.origins;
    return config;
  }

 private:
  std::string where(const std::string& key, const toml::node& node) {
    return table_.where(key, node);
  }

  const toml::table* section_table(const std::string& section) {
    if (section.empty()) return &table_.root;
    const auto* node = table_.root.get(section);
    if (!node) return nullptr;
    if (!node->is_table())
      throw ConfigError(fmt::format("{}: {}: expected a section [{}], got {} {}",
                                    where(section, *node), section, section, describe_kind(*node),
                                    shown(*node)));
    return node->as_table();
  }

  std::string read_kind(const std::string& section, const std::vector<std::string>& known) {
    const auto* table = section_table(section);
    const auto* node = table ? table->get("kind") : nullptr;
    if (!node)
      throw ConfigError(fmt::format("{}: {}.kind: expected one of {}, got nothing", file_.string(),
                                    section, fmt::join(known, ", ")));
    return read_name(section, "kind", *node, known);
  }

  std::string read_name(const std::string& section, const std::string& key, const toml::node& node,
                        const std::vector<std::string>& known) {
    std::string name;
    OptionList list;
    read_option(list.add(key, &name, "").one_of(known), section, node);
    return name;
  }

  // Section [attention]: the pattern's kind decides which other keys there are.
  void read_attention(ExperimentConfig& config) {
    const auto* table = section_table("attention");
    auto* attention = config.model->attention();
    if (!attention) {
      if (table)
        for (const auto& [key, node] : *table)
          config.unused.push_back(fmt::format("{}: attention.{}",
                                              where(dotted("attention", std::string(key)), node),
                                              std::string(key.str())));
      return;
    }
    if (const auto* node = table ? table->get("pattern") : nullptr)
      attention->choose_pattern(
          read_name("attention", "pattern", *node, PatternRegistry::instance().names()));
    read_configurable("attention", *attention, {"pattern"}, keys_of_all<AttentionPattern>(),
                      config.unused);
    if (attention->pattern->matrix_file().empty()) return;
    config.attention_matrix = fs::absolute(attention->pattern->matrix_file()).lexically_normal();
    attention->pattern->set_matrix_file(config.attention_matrix.string());
  }

  void read_configurable(const std::string& section, Configurable& target,
                         const std::vector<std::string>& also_known,
                         const std::vector<std::string>& other_kinds,
                         std::vector<std::string>& unused) {
    OptionList list;
    target.describe(list);
    read_section(section, list, also_known, other_kinds, &unused);
    try {
      target.check();
    } catch (const OptionError& error) {
      throw ConfigError(fmt::format("{}: {}: {}", find_origin(dotted(section, error.option())),
                                    dotted(section, error.option()), error.what()));
    }
  }

  std::string find_origin(const std::string& key) const {
    const auto found = table_.origins.find(key);
    return found == table_.origins.end() ? file_.string() : found->second;
  }

  void read_section(const std::string& section, OptionList& list,
                    const std::vector<std::string>& also_known,
                    const std::vector<std::string>& other_kinds = {},
                    std::vector<std::string>* unused = nullptr) {
    const auto* table = section_table(section);
    if (!table) return;
    const auto has = [](const std::vector<std::string>& words, const std::string& word) {
      return std::find(words.begin(), words.end(), word) != words.end();
    };
    for (const auto& [key_view, node] : *table) {
      const std::string key(key_view.str());
      if (has(also_known, key)) continue;
      if (const auto* option = list.find(key))
        read_option(*option, section, node);
      else if (has(other_kinds, key))
        unused->push_back(
            fmt::format("{}: {}", where(dotted(section, key), node), dotted(section, key)));
      else
        refuse_unknown(section, key, node, list, also_known);
    }
  }

  void read_option(const Option& option, const std::string& section, const toml::node& node) {
    const auto key = dotted(section, option.name);
    const auto origin = where(key, node);
    if (!assign(option, node))
      throw ConfigError(fmt::format("{}: {}: expected {}, got {} {}", origin, key,
                                    option.expected(), describe_kind(node), shown(node)));
    try {
      option.check();
    } catch (const OptionError& error) {
      throw ConfigError(fmt::format("{}: {}: {}", origin, key, error.what()));
    }
  }

  [[noreturn]] void refuse_unknown(const std::string& section, const std::string& key,
                                   const toml::node& node, const OptionList& list,
                                   const std::vector<std::string>& also_known) {
    auto known = also_known;
    for (const auto& option : list.options()) known.push_back(option.name);
    const auto near = nearest_word(key, known);
    throw ConfigError(fmt::format(
        "{}: {}: there is no such key{}", where(dotted(section, key), node), dotted(section, key),
        near.empty() ? fmt::format("; known are: {}", fmt::join(known, ", "))
                     : fmt::format("; did you mean {}?", dotted(section, near))));
  }

  template <class Product>
  static std::vector<std::string> keys_of_all() {
    std::vector<std::string> keys;
    const auto& registry = Registry<Product>::instance();
    for (const auto& name : registry.names()) {
      const auto product = registry.make(name);
      OptionList list;
      product->describe(list);
      for (const auto& option : list.options()) keys.push_back(option.name);
    }
    return keys;
  }

  fs::path file_;
  ConfigTable table_;
};

std::string toml_text(const Option& option) {
  std::ostringstream out;
  if (auto* const* texts = std::get_if<std::vector<std::string>*>(&option.target)) {
    toml::array array;
    for (const auto& text : **texts) array.push_back(text);
    out << array;
    return out.str();
  }
  std::visit(
      [&out](auto* target) {
        if constexpr (!std::is_same_v<decltype(target), std::vector<std::string>*>)
          out << toml::value(*target);
      },
      option.target);
  return out.str();
}

// `first` are the lines that stand before the options: the kind that they belong to.
void write_section(std::ostream& out, const std::string& name, const std::string& first,
                   Configurable& section) {
  OptionList list;
  section.describe(list);
  out << "\n[" << name << "]\n" << first;
  for (const auto& option : list.options())
    out << option.name << " = " << toml_text(option) << "\n";
}

ConfigError option_failure(const ExperimentConfig& config, const std::string& section,
                           const OptionError& error) {
  const auto key = section + "." + error.option();
  const auto found = config.origins.find(key);
  const auto where = found == config.origins.end() ? config.file.string() : found->second;
  return ConfigError(fmt::format("{}: {}: {}", where, key, error.what()));
}

}  // namespace

ExperimentConfig read_config(const fs::path& file, const std::vector<std::string>& overrides) {
  return Reader(file, overrides).read();
}

ExperimentConfig read_config_of_comparison(const fs::path& file,
                                           const std::vector<std::string>& overrides) {
  Reader reader(file, overrides);
  reader.leave_comparison_out();
  return reader.read();
}

std::string to_toml(ExperimentConfig& config) {
  std::ostringstream out;
  const auto line = [](const std::string& key, const std::string& value) {
    std::ostringstream text;
    text << key << " = " << toml::value(value) << "\n";
    return text.str();
  };
  out << line("name", config.name) << "seed = " << config.seed << "\n";
  write_section(out, "task", line("kind", config.task_kind), *config.task);
  write_section(out, "model", line("kind", config.model_kind), *config.model);
  if (auto* attention = config.model->attention())
    write_section(out, "attention", line("pattern", attention->pattern_name()), *attention);
  write_section(out, "train", "", config.train);
  write_section(out, "analysis", "", config.analysis);
  return out.str();
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

namespace {

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
