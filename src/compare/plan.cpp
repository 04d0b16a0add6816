#include "src/compare/plan.h"

#include <fmt/format.h>

#include <cctype>
#include <cstring>
#include <set>

#include "src/compare/match.h"

namespace heed {
namespace {

void add_place(PlannedRun& run, const GridAxis& axis, const Choice& choice) {
  run.grid_point.emplace_back(axis.name, choice.label);
  run.settings.insert(run.settings.end(), choice.settings.begin(), choice.settings.end());
  const auto part = axis.name == "model"
                        ? choice.label
                        : fmt::format("{}={}", short_name(axis.name), choice.label);
  // An axis of one choice does not tell runs apart.
  if (axis.name == "model" || axis.choices.size() > 1)
    run.name += (run.name.empty() ? "" : ",") + file_name(part);
}

}  // namespace

std::string file_name(const std::string& text) {
  auto name = text;
  for (char& c : name)
    if (!std::isalnum(static_cast<unsigned char>(c)) && !std::strchr("._-+=", c)) c = '_';
  return name;
}

std::string short_name(const std::string& axis) { return axis.substr(axis.rfind('.') + 1); }

const std::string& label_at(const GridPoint& point, const std::string& axis) {
  static const std::string none;
  for (const auto& [key, value] : point)
    if (key == axis) return value;
  return none;
}

std::vector<PlannedRun> Plan::runs() const {
  std::vector<PlannedRun> runs(1);
  for (const auto& axis : axes) {
    std::vector<PlannedRun> more;
    for (const auto& run : runs)
      for (const auto& choice : axis.choices) {
        more.push_back(run);
        add_place(more.back(), axis, choice);
      }
    runs = std::move(more);
  }
  std::set<std::string> names;
  for (const auto& run : runs)
    if (!names.insert(run.name).second)
      throw ConfigError(fmt::format(
          "{}: two runs would be called {}; give the choices of an axis different values",
          file.string(), run.name));
  return runs;
}

ExperimentConfig read_planned(const Plan& plan, const PlannedRun& run) {
  auto settings = run.settings;
  settings.insert(settings.end(), plan.overrides.begin(), plan.overrides.end());
  if (plan.parameters) {
    const auto matched = match_parameters(plan.file, settings, *plan.parameters, plan.tolerance);
    settings.insert(settings.end(), matched.begin(), matched.end());
  }
  auto config = read_config_of_grid(plan.file, settings);
  config.name = run.name;
  return config;
}

}  // namespace heed
