#pragma once

#include <toml++/toml.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace heed {

/// A config file as TOML with its overrides applied. Its keys are not interpreted yet.
struct ConfigTable {
  std::filesystem::path file;
  toml::table root;
  /// Where each key was given, for errors: "--set" or "file:line".
  std::map<std::string, std::string> origins;

  /// "file:line" of a node, or "--set"; remembers it under the dotted key.
  std::string where(const std::string& key, const toml::node& node);
};

/// Reads a file and applies `overrides`, each KEY=VALUE with a dotted key; the value is TOML, or a
/// plain text. Throws ConfigError.
ConfigTable read_table(const std::filesystem::path& file,
                       const std::vector<std::string>& overrides);

/// "section.key", or the key alone at the top.
std::string dotted(const std::string& section, const std::string& key);

/// A value as TOML in one line, numbers in the shortest form that reads back the same.
std::string toml_text(const toml::node& node);

/// The same, cut after 60 characters, for errors.
std::string shortened_toml(const toml::node& node);

/// What a value is, for errors: "the text", "the list".
const char* describe_kind(const toml::node& node);

/// The top-level keys that make a file define a grid of runs.
const std::vector<std::string>& comparison_keys();

}  // namespace heed
