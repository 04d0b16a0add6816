// Reads a config file into its options, and checks every key.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "src/console/nearest_word.h"
#include "src/experiment/config.h"
#include "src/experiment/config_table.h"

namespace heed {
namespace {

namespace fs = std::filesystem;

// Sets a described option from a TOML node; false if the node has another type.
bool assign(const Option& option, const toml::node& node) {
  if (auto* target = std::get_if<bool*>(&option.target)) {
    if (const auto value = node.value_exact<bool>()) return **target = *value, true;
  } else if (auto* integer = std::get_if<int64_t*>(&option.target)) {
    if (const auto value = node.value_exact<int64_t>()) return **integer = *value, true;
  } else if (auto* number = std::get_if<double*>(&option.target)) {
    if (node.is_number()) return **number = *node.value<double>(), true;
  } else if (std::holds_alternative<std::string*>(option.target) ||
             std::holds_alternative<EnumTarget>(option.target)) {
    if (const auto value = node.value_exact<std::string>()) return option.set_text(*value), true;
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

const std::vector<std::string> sections = {"task", "model", "attention", "train", "analysis"};

bool contains(const std::vector<std::string>& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// A section whose other keys depend on a kind.
struct SectionKinds {
  std::string key = {};                       // "kind", or "pattern"
  std::string chosen = {};                    // the kind
  std::vector<std::string> keys_of_all = {};  // the keys of all kinds
};

class Reader {
 public:
  Reader(const fs::path& file, const std::vector<std::string>& overrides)
      : file_(file), table_(read_table(file, overrides)) {}

  // Drops the keys that define a grid of runs: this run is one of them.
  void ignore_grid() {
    for (const auto& key : comparison_keys()) table_.root.erase(key);
  }

  ExperimentConfig read() {
    for (const auto& key : comparison_keys())
      if (const auto* node = table_.root.get(key))
        throw ConfigError(fmt::format(
            "{}: {}: expected the settings of one run, got a grid; `heed compare {}` runs it",
            where(key, *node), key, file_.string()));
    ExperimentConfig config;
    config.file = file_;
    config.name = file_.stem().string();
    read_top(describe_top(config));

    config.task_kind = read_kind("task", TaskRegistry::instance().names());
    config.model_kind = read_kind("model", ModelRegistry::instance().names());
    config.task = TaskRegistry::instance().make(config.task_kind);
    config.model = ModelRegistry::instance().make(config.model_kind);
    read_configurable("task", *config.task, {"kind", config.task_kind, keys_of_all<Task>()});
    read_configurable("model", *config.model,
                      {"kind", config.model_kind, keys_of_all<ModelBuilder>()});
    read_attention(config);
    read_configurable("train", config.train);
    read_configurable("analysis", config.analysis);
    config.origins = table_.origins;
    config.ignored = ignored_;
    return config;
  }

 private:
  std::string where(const std::string& key, const toml::node& node) {
    return table_.where(key, node);
  }

  const toml::table* section_table(const std::string& section) {
    const auto* node = table_.root.get(section);
    if (!node) return nullptr;
    if (!node->is_table())
      throw ConfigError(fmt::format("{}: {}: expected a section [{}], got {} {}",
                                    where(section, *node), section, section, describe_kind(*node),
                                    shortened_toml(*node)));
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

  // Section [attention]: the kind of pattern decides which other keys exist.
  void read_attention(ExperimentConfig& config) {
    const auto* table = section_table("attention");
    auto* attention = config.model->attention();
    if (!attention) {
      if (table)
        for (const auto& [key, node] : *table)
          ignore("attention", std::string(key.str()), node,
                 fmt::format("model.kind = \"{}\"", config.model_kind));
      return;
    }
    if (const auto* node = table ? table->get("pattern") : nullptr)
      attention->choose_pattern(
          read_name("attention", "pattern", *node, PatternRegistry::instance().names()));
    read_configurable("attention", *attention,
                      {"pattern", attention->pattern_name(), keys_of_all<AttentionPattern>()});
    if (attention->pattern->matrix_file().empty()) return;
    config.attention_matrix = fs::absolute(attention->pattern->matrix_file()).lexically_normal();
    attention->pattern->set_matrix_file(config.attention_matrix.string());
  }

  void ignore(const std::string& section, const std::string& key, const toml::node& node,
              const std::string& chosen) {
    const auto name = dotted(section, key);
    ignored_.push_back(
        fmt::format("{}: {}: ignored: {} does not use it", where(name, node), name, chosen));
  }

  void read_configurable(const std::string& section, Configurable& target,
                         const SectionKinds& kinds = {}) {
    OptionList list;
    target.describe(list);
    read_section(section, list, kinds);
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

  void read_section(const std::string& section, OptionList& list, const SectionKinds& kinds) {
    const auto* table = section_table(section);
    if (!table) return;
    for (const auto& [key_view, node] : *table) {
      const std::string key(key_view.str());
      if (key == kinds.key) continue;
      if (const auto* option = list.find(key))
        read_option(*option, section, node);
      else if (contains(kinds.keys_of_all, key))
        ignore(section, key, node,
               fmt::format("{} = \"{}\"", dotted(section, kinds.key), kinds.chosen));
      else
        refuse_unknown(section, key, node, list, {kinds.key});
    }
  }

  void read_top(OptionList list) {
    for (const auto& [key_view, node] : table_.root) {
      const std::string key(key_view.str());
      if (contains(sections, key)) continue;
      if (const auto* option = list.find(key))
        read_option(*option, "", node);
      else
        refuse_unknown("", key, node, list, sections);
    }
  }

  void read_option(const Option& option, const std::string& section, const toml::node& node) {
    const auto key = dotted(section, option.name);
    const auto origin = where(key, node);
    try {
      if (!assign(option, node))
        throw ConfigError(fmt::format("{}: {}: expected {}, got {} {}", origin, key,
                                      option.expected(), describe_kind(node),
                                      shortened_toml(node)));
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
    std::erase(known, "");
    throw ConfigError(fmt::format("{}: {}: there is no such key; {}",
                                  where(dotted(section, key), node), dotted(section, key),
                                  suggestion(key, known, section.empty() ? "" : section + ".")));
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
  std::vector<std::string> ignored_;
};

}  // namespace

ExperimentConfig read_config(const fs::path& file, const std::vector<std::string>& overrides) {
  return Reader(file, overrides).read();
}

ExperimentConfig read_config_of_grid(const fs::path& file,
                                     const std::vector<std::string>& overrides) {
  Reader reader(file, overrides);
  reader.ignore_grid();
  return reader.read();
}

}  // namespace heed
