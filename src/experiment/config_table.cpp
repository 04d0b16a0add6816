#include "src/experiment/config_table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <sstream>

#include "models/options.h"
#include "src/experiment/config.h"
#include "train/files/file.h"

namespace heed {
namespace {

// The value is TOML if it parses as TOML, else a plain text: --set task.path=corpus.txt
void insert_value(toml::table& table, const std::string& key, const std::string& text) {
  try {
    const auto parsed = toml::parse("value = " + text);
    table.insert_or_assign(key, *parsed.get("value"));
  } catch (const toml::parse_error&) {
    table.insert_or_assign(key, text);
  }
}

void apply_override(ConfigTable& config, const std::string& text) {
  const auto equals = text.find('=');
  if (equals == std::string::npos || equals == 0)
    throw ConfigError(fmt::format("--set {}: expected KEY=VALUE, such as model.layers=4", text));
  const auto key = text.substr(0, equals);
  auto* table = &config.root;
  std::istringstream parts(key);
  std::string part;
  while (std::getline(parts, part, '.')) {
    if (parts.eof()) break;
    if (!table->contains(part)) table->insert(part, toml::table{});
    table = (*table)[part].as_table();
    if (!table) throw ConfigError(fmt::format("--set {}: {} is not a section", text, part));
  }
  insert_value(*table, part, text.substr(equals + 1));
  config.origins[key] = "--set";
}

}  // namespace

std::string ConfigTable::where(const std::string& key, const toml::node& node) {
  if (!origins.count(key))
    origins[key] = fmt::format("{}:{}", file.string(), node.source().begin.line);
  return origins[key];
}

ConfigTable read_table(const std::filesystem::path& file,
                       const std::vector<std::string>& overrides) {
  ConfigTable config{.file = file, .root = {}, .origins = {}};
  try {
    config.root = toml::parse(read_small_file(file), file.string());
  } catch (const toml::parse_error& error) {
    throw ConfigError(
        fmt::format("{}:{}: {}", file.string(), error.source().begin.line, error.description()));
  } catch (const std::runtime_error& error) {
    throw ConfigError(error.what());
  }
  for (const auto& one : overrides) apply_override(config, one);
  return config;
}

std::string dotted(const std::string& section, const std::string& key) {
  return section.empty() ? key : section + "." + key;
}

std::string toml_text(const toml::node& node) {
  if (const auto* number = node.as_floating_point()) {
    auto text = number_text(number->get());
    // Without a point it would be an integer.
    return text.find_first_not_of("-0123456789") == std::string::npos ? text + ".0" : text;
  }
  if (const auto* array = node.as_array()) {
    std::vector<std::string> items;
    for (const auto& one : *array) items.push_back(toml_text(one));
    return items.empty() ? "[]" : fmt::format("[ {} ]", fmt::join(items, ", "));
  }
  if (const auto* table = node.as_table()) {
    std::vector<std::string> items;
    for (const auto& [key, value] : *table)
      items.push_back(fmt::format("{} = {}", key.str(), toml_text(value)));
    return fmt::format("{{ {} }}", fmt::join(items, ", "));
  }
  std::ostringstream out;
  out << toml::node_view<const toml::node>(node);
  return out.str();
}

std::string shortened_toml(const toml::node& node) {
  const auto text = toml_text(node);
  return text.size() > 60 ? fmt::format("{}...", std::string_view(text).substr(0, 57)) : text;
}

const char* describe_kind(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::string:
      return "the text";
    case toml::node_type::integer:
      return "the integer";
    case toml::node_type::floating_point:
      return "the number";
    case toml::node_type::boolean:
      return "the truth value";
    case toml::node_type::array:
      return "the list";
    case toml::node_type::table:
      return "the table";
    default:
      return "the value";
  }
}

const std::vector<std::string>& comparison_keys() {
  static const std::vector<std::string> keys = {"models", "grid", "tune",   "seeds",
                                                "match",  "test", "solved", "cost"};
  return keys;
}

}  // namespace heed
