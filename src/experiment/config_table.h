#pragma once

#include <toml++/toml.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace heed {

/// A config file as TOML, overridden, before anybody asks what its keys mean.
struct ConfigTable {
  std::filesystem::path file;
  toml::table root;
  /// Where a key was given, for errors: "--set", or noted by whoever reads it.
  std::map<std::string, std::string> origins;

  /// "file:line" of a node, or "--set", noted under its dotted key.
  std::string where(const std::string& key, const toml::node& node);
};

/// Reads a file and applies `overrides`, each KEY=VALUE with a dotted key; the value is TOML, or a
/// plain text. Throws ConfigError.
ConfigTable read_table(const std::filesystem::path& file,
                       const std::vector<std::string>& overrides);

/// "section.key", or the key alone at the top.
std::string dotted(const std::string& section, const std::string& key);

/// A node as people would write it, cut short; and what it is: "the text", "the list".
std::string shown(const toml::node& node);
const char* describe_kind(const toml::node& node);

/// The top-level keys of a file that states a comparison, and no single run.
const std::vector<std::string>& comparison_keys();

}  // namespace heed
