#include "src/console/command_spec.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <CLI/CLI.hpp>

#include <algorithm>

namespace heed {
namespace {

std::string option_name(const CLI::Option& option) {
  return option.get_positional() ? option.get_single_name() : "--" + option.get_lnames().front();
}

std::vector<std::string> sorted_names(const std::set<CLI::Option*>& options) {
  std::vector<std::string> names;
  for (const auto* option : options) names.push_back(option_name(*option));
  std::sort(names.begin(), names.end());
  return names;
}

// CLI11 appends what a check says to the name of a value: "N:POSITIVE".
std::string value_name(const CLI::Option& option) {
  const bool takes_value = option.get_expected_min() > 0 || option.get_items_expected_max() > 0;
  const auto name = option.get_type_name();
  return takes_value ? name.substr(0, name.find(':')) : "";
}

OptionSpec make_option_spec(const CLI::Option& option) {
  return {.name = option_name(option),
          .value = option.get_positional() ? "" : value_name(option),
          .help = option.get_description(),
          .default_value = option.get_default_str(),
          .required = option.get_required(),
          .repeatable = option.get_items_expected_max() > 1,
          .not_with = sorted_names(option.get_excludes()),
          .only_with = sorted_names(option.get_needs())};
}

}  // namespace

std::string OptionSpec::description() const {
  auto text = help;
  if (!default_value.empty()) text += fmt::format(" (default: {})", default_value);
  if (!only_with.empty()) text += fmt::format("; only with {}", fmt::join(only_with, ", "));
  if (!not_with.empty()) text += fmt::format("; not with {}", fmt::join(not_with, ", "));
  return text;
}

std::string CommandSpec::usage() const {
  auto text = "heed " + name;
  if (!options.empty()) text += " [OPTION]...";
  for (const auto& place : places)
    text += (place.required ? " " + place.name : " [" + place.name + "]") +
            (place.repeatable ? "..." : "");
  return text;
}

void add_arguments(CommandSpec& spec, const CLI::App& app) {
  for (const auto* group : app.get_subcommands({}))  // option groups have no name
    if (group->get_name().empty()) add_arguments(spec, *group);
  for (const auto* option : app.get_options())
    if (option != app.get_help_ptr())
      (option->get_positional() ? spec.places : spec.options).push_back(make_option_spec(*option));
}

}  // namespace heed
