#include "src/compare/plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <sstream>

#include "src/console/nearest_word.h"
#include "src/experiment/config_table.h"
#include "train/files/file.h"

namespace heed {
namespace {

namespace fs = std::filesystem;

// "key=value" for every value inside a node, the key dotted from `key` on.
void flatten(const std::string& key, const toml::node& node, std::vector<std::string>& settings) {
  if (const auto* table = node.as_table()) {
    for (const auto& [name, inner] : *table)
      flatten(dotted(key, std::string(name.str())), inner, settings);
    return;
  }
  settings.push_back(key + "=" + toml_text(node));
}

std::string format_label(const toml::node& value) {
  if (const auto text = value.value_exact<std::string>()) return *text;
  if (value.is_floating_point()) return number_text(*value.value<double>());
  return shortened_toml(value);
}

// Where a node begins: a table of dotted keys begins with the first of them.
std::pair<uint32_t, uint32_t> first_place(const toml::node& node) {
  const auto& begin = node.source().begin;
  std::pair place{begin.line, begin.column};
  if (const auto* table = node.as_table())
    for (const auto& [key, inner] : *table)
      if (inner.source().begin.line > 0) place = std::min(place, first_place(inner));
  return place;
}

// The entries of a table in the order of the file; TOML tables forget it.
std::vector<std::pair<std::string, const toml::node*>> in_file_order(const toml::table& table) {
  std::vector<std::pair<std::string, const toml::node*>> entries;
  for (const auto& [key, node] : table) entries.emplace_back(std::string(key.str()), &node);
  std::stable_sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
    return first_place(*a.second) < first_place(*b.second);
  });
  return entries;
}

class PlanReader {
 public:
  PlanReader(const fs::path& file, const std::vector<std::string>& overrides)
      : table_(read_table(file, overrides)), overrides_(overrides) {}

  Plan read() {
    plan_.file = table_.file;
    plan_.name = table_.root["name"].value_or(table_.file.stem().string());
    plan_.comment = opening_comment();
    plan_.overrides = overrides_;
    plan_.single = std::none_of(comparison_keys().begin(), comparison_keys().end(),
                                [this](const auto& key) { return table_.root.contains(key); });
    read_models();
    read_axes("grid", false);
    read_axes("tune", true);
    read_seeds();
    read_match();
    if (const auto* test = section("test")) flatten("", *test, plan_.test_settings);
    read_solved();
    read_cost();
    return std::move(plan_);
  }

 private:
  std::string opening_comment() const {
    std::string comment;
    std::istringstream lines(read_file(table_.file));
    for (std::string line; std::getline(lines, line) && line.starts_with('#');) {
      const auto text = line.find_first_not_of("# ");
      comment += (comment.empty() ? "" : "\n") +
                 (text == std::string::npos ? std::string() : line.substr(text));
    }
    return comment;
  }

  [[noreturn]] void refuse(const std::string& key, const toml::node& node,
                           const std::string& expected) {
    throw ConfigError(fmt::format("{}: {}: expected {}, got {} {}", table_.where(key, node), key,
                                  expected, describe_kind(node), shortened_toml(node)));
  }

  const toml::table* section(const std::string& name) {
    const auto* node = table_.root.get(name);
    if (node && !node->is_table()) refuse(name, *node, fmt::format("a section [{}]", name));
    return node ? node->as_table() : nullptr;
  }

  bool overridden(const std::string& key) const {
    return std::any_of(overrides_.begin(), overrides_.end(),
                       [&key](const std::string& one) { return one.starts_with(key + "="); });
  }

  void read_models() {
    GridAxis axis{.name = "model", .choices = {}};
    if (const auto* models = section("models")) {
      for (const auto& [name, node] : in_file_order(*models)) {
        if (!node->is_table()) refuse("models." + name, *node, "a table of settings");
        Choice choice{.label = name, .settings = {}};
        flatten("", *node, choice.settings);
        axis.choices.push_back(std::move(choice));
      }
    } else {
      // An ordinary config is known by its name, the one model of a grid by its kind.
      const auto kind = table_.root.at_path("model.kind").value_or<std::string>("model");
      axis.choices.push_back({.label = plan_.single ? plan_.name : kind, .settings = {}});
    }
    if (axis.choices.empty())
      throw ConfigError(fmt::format("{}: models: expected at least one model, [models.NAME]",
                                    table_.file.string()));
    plan_.axes.push_back(std::move(axis));
  }

  static bool is_config_key(const std::string& key) {
    const auto first = key.substr(0, key.find('.'));
    for (const char* known : {"task", "model", "attention", "train", "analysis", "name", "seed"})
      if (first == known) return true;
    return false;
  }

  void read_axes(const std::string& name, bool tuned) {
    const auto* table = section(name);
    if (!table) return;
    for (const auto& [key, node] : in_file_order(*table)) read_axis(name, key, *node, tuned);
  }

  // Keys of a config lead to lists of values; any other word names a table of named settings.
  void read_axis(const std::string& where, const std::string& key, const toml::node& node,
                 bool tuned) {
    if (!is_config_key(key)) return read_named(where, key, node, tuned);
    if (const auto* table = node.as_table()) {
      for (const auto& [name, inner] : in_file_order(*table))
        read_axis(where, dotted(key, name), *inner, tuned);
      return;
    }
    const auto* values = node.as_array();
    if (!values || values->empty())
      refuse(dotted(where, key), node, "a list of values, such as [1e-3, 3e-3]");
    if (overridden(key)) return;
    GridAxis axis{.name = key, .choices = {}, .tuned = tuned};
    for (const auto& value : *values) {
      Choice choice{.label = format_label(value), .settings = {}};
      flatten(key, value, choice.settings);
      axis.choices.push_back(std::move(choice));
    }
    plan_.axes.push_back(std::move(axis));
  }

  void read_named(const std::string& where, const std::string& key, const toml::node& node,
                  bool tuned) {
    const auto* sets = node.as_table();
    if (!sets || sets->empty())
      refuse(dotted(where, key), node,
             "a key of a config, such as \"train.lr\", or tables of settings, such as "
             "short = { train.steps = 100 }");
    GridAxis axis{.name = key, .choices = {}, .tuned = tuned};
    for (const auto& [label, settings] : in_file_order(*sets)) {
      if (!settings->is_table())
        refuse(dotted(dotted(where, key), label), *settings, "a table of settings");
      Choice choice{.label = label, .settings = {}};
      flatten("", *settings, choice.settings);
      axis.choices.push_back(std::move(choice));
    }
    plan_.axes.push_back(std::move(axis));
  }

  void read_seeds() {
    const auto* node = table_.root.get("seeds");
    if (overridden("seed")) return;
    if (!node) return;
    const auto* seeds = node->as_array();
    if (!seeds || seeds->empty() || !seeds->is_homogeneous(toml::node_type::integer))
      refuse("seeds", *node, "a list of integers, such as [1, 2, 3]");
    GridAxis axis{.name = "seed", .choices = {}};
    for (const auto& seed : *seeds)
      axis.choices.push_back(
          {.label = format_label(seed), .settings = {"seed=" + format_label(seed)}});
    plan_.axes.push_back(std::move(axis));
  }

  // Numbers and texts of one section by key; an unknown key is refused with the nearest known one.
  void check_keys(const std::string& name, const std::vector<std::string>& known) {
    if (const auto* table = section(name))
      for (const auto& [key, node] : *table) {
        const std::string word(key.str());
        if (std::find(known.begin(), known.end(), word) != known.end()) continue;
        throw ConfigError(fmt::format("{}: {}.{}: there is no such key; {}",
                                      table_.where(dotted(name, word), node), name, word,
                                      suggestion(word, known, name + ".")));
      }
  }

  const toml::node* value(const std::string& name, const std::string& key) {
    const auto* table = section(name);
    return table ? table->get(key) : nullptr;
  }

  template <class Number>
  void read_number(const std::string& name, const std::string& key, const std::string& expected,
                   Number least, Number& target) {
    const auto* node = value(name, key);
    if (!node) return;
    const auto number = node->is_number() ? node->value<Number>() : std::nullopt;
    if (!number || *number < least) refuse(dotted(name, key), *node, expected);
    target = *number;
  }

  void read_match() {
    check_keys("match", {"parameters", "tolerance"});
    int64_t parameters = 0;
    read_number<int64_t>("match", "parameters", "an integer of at least 1", 1, parameters);
    read_number<double>("match", "tolerance", "a share of at least 0.001", 0.001, plan_.tolerance);
    if (parameters > 0) plan_.parameters = parameters;
  }

  void read_solved() {
    check_keys("solved", {"measure", "at_least", "at_most"});
    if (const auto* node = value("solved", "measure")) {
      const auto text = node->value_exact<std::string>();
      if (!text) refuse("solved.measure", *node, "a text");
      plan_.solved.measure = *text;
    }
    read_number<double>("solved", "at_least", "a share from 0 to 1", 0, plan_.solved.at_least);
    read_number<double>("solved", "at_most", "a number of at least 0", 0, plan_.solved.at_most);
    if (plan_.solved.at_most > 0) plan_.solved.measure = "loss";
  }

  void read_cost() {
    check_keys("cost", {"lengths"});
    const auto* node = value("cost", "lengths");
    if (!node) return;
    const auto* lengths = node->as_array();
    if (!lengths || (!lengths->empty() && !lengths->is_homogeneous(toml::node_type::integer)))
      refuse("cost.lengths", *node, "a list of integers, such as [64, 256]");
    plan_.cost_lengths.clear();
    for (const auto& length : *lengths) {
      plan_.cost_lengths.push_back(*length.value<int64_t>());
      if (plan_.cost_lengths.back() < 1) refuse("cost.lengths", *node, "lengths of at least 1");
    }
  }

  ConfigTable table_;
  std::vector<std::string> overrides_;
  Plan plan_;
};

}  // namespace

Plan read_plan(const fs::path& file, const std::vector<std::string>& overrides) {
  return PlanReader(file, overrides).read();
}

}  // namespace heed
