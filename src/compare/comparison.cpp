#include "src/compare/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <stdexcept>

namespace heed {
namespace {

template <class Value>
void add_once(std::vector<Value>& values, const Value& value) {
  if (std::find(values.begin(), values.end(), value) == values.end()) values.push_back(value);
}

}  // namespace

const RunResult* Comparison::any_run() const {
  for (const auto& outcome : outcomes)
    if (!outcome.runs.empty()) return &outcome.runs.front();
  return nullptr;
}

std::vector<std::string> Comparison::models() const {
  std::vector<std::string> models;
  for (const auto& outcome : outcomes) add_once(models, outcome.model);
  return models;
}

std::vector<std::string> Comparison::cells() const {
  std::vector<std::string> cells;
  for (const auto& outcome : outcomes) add_once(cells, outcome.cell_text());
  return cells;
}

const GridAxis* Comparison::numeric_axis() const {
  for (const auto& axis : axes)
    if (!axis.tuned && axis.name != "model" && axis.name != "seed" && axis.choices.size() > 1 &&
        numeric(axis))
      return &axis;
  return nullptr;
}

bool several_seeds(const Comparison& comparison) {
  return std::any_of(comparison.axes.begin(), comparison.axes.end(), [](const GridAxis& axis) {
    return axis.name == "seed" && axis.choices.size() > 1;
  });
}

Comparison compare_results(std::string name, std::string comment, std::vector<GridAxis> axes,
                           const SolvedWhen& solved, std::vector<RunResult> results) {
  Comparison comparison{.name = std::move(name),
                        .comment = std::move(comment),
                        .axes = std::move(axes),
                        .metric = {},
                        .results = std::move(results)};
  comparison.outcomes = collect_outcomes(comparison.axes, comparison.results);
  const auto* run = comparison.any_run();
  if (!run)
    throw std::runtime_error(fmt::format(
        "{}: every run failed, so there is nothing to compare; the first said: {}", comparison.name,
        comparison.results.empty() ? "-" : comparison.results.front().failure));
  comparison.metric = choose_metric(solved, *run);
  for (const auto& outcome : comparison.outcomes)
    comparison.summaries.push_back(summarise(outcome, comparison.metric));
  return comparison;
}

std::string ExtrapolationTest::name() const {
  if (trained_to) return fmt::format("beyond {} {:g}", by, *trained_to);
  std::string text = "with";
  for (const auto& setting : settings) text += " " + short_name(setting);
  return text;
}

double beyond(const RunResult& result, const ExtrapolationTest& extrapolation,
              const std::string& measure) {
  if (!result.extrapolation) return std::numeric_limits<double>::quiet_NaN();
  int64_t correct = 0, total = 0;
  for (const auto& score : result.extrapolation->scores.all) {
    const bool counts = extrapolation.trained_to
                            ? score.by == extrapolation.by &&
                                  std::atof(score.bucket.c_str()) > *extrapolation.trained_to
                            : score.by.empty();
    if (score.measure != measure || !counts) continue;
    correct += score.correct;
    total += score.total;
  }
  return total > 0 ? static_cast<double>(correct) / static_cast<double>(total)
                   : std::numeric_limits<double>::quiet_NaN();
}

double bucket_middle(const std::string& bucket) {
  char* end = nullptr;
  const double first = std::strtod(bucket.c_str(), &end);
  return *end == '-' ? (first + std::strtod(end + 1, nullptr)) / 2 : first;
}

}  // namespace heed
