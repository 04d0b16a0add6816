#include "src/compare/conclusion.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

namespace heed {
namespace {

struct Contender {
  std::string model;
  Interval value;
};

struct Match {
  std::optional<Contender> attention, recurrence;

  void enter(const Outcome& outcome, const std::vector<double>& values, const Metric& metric) {
    if (outcome.runs.empty() || values.empty()) return;
    const Contender contender{.model = outcome.model, .value = interquartile_interval(values)};
    auto& best = outcome.runs.front().attends ? attention : recurrence;
    if (!best || metric.better(contender.value.centre, best->value.centre)) best = contender;
  }
};

enum class Ahead { attention, recurrence, nobody };

Ahead winner(const Match& match, const Metric& metric) {
  const auto& a = match.attention->value;
  const auto& b = match.recurrence->value;
  if (a.low <= b.high && b.low <= a.high) return Ahead::nobody;
  return metric.better(a.centre, b.centre) ? Ahead::attention : Ahead::recurrence;
}

std::string sentence(const std::string& where, const Match& match, const Metric& metric) {
  const auto text = [&metric](const Contender& one) {
    return fmt::format("{}, {}", one.model, metric.value_text(one.value.centre));
  };
  const auto attention = fmt::format("attention ({})", text(*match.attention)),
             recurrence = fmt::format("recurrence ({})", text(*match.recurrence));
  switch (winner(match, metric)) {
    case Ahead::attention:
      return fmt::format("{}: {} is ahead of {}.", where, attention, recurrence);
    case Ahead::recurrence:
      return fmt::format("{}: {} is ahead of {}.", where, recurrence, attention);
    default:
      return fmt::format("{}: {} and {} are level.", where, attention, recurrence);
  }
}

bool one_run_each(const Comparison& comparison) {
  return std::all_of(comparison.outcomes.begin(), comparison.outcomes.end(),
                     [](const Outcome& one) { return one.runs.size() <= 1; });
}

std::string conclusion(int64_t attention, int64_t recurrence) {
  if (attention > 0 && recurrence > 0)
    return fmt::format(
        "Neither family wins everywhere: attention is ahead in {} of these, recurrence in {}.",
        attention, recurrence);
  if (recurrence > 0) return "Here recurrence wins; on other tasks attention does.";
  if (attention > 0) return "Here attention wins; on other tasks recurrence does.";
  return "Neither family is ahead here.";
}

}  // namespace

std::vector<std::string> conclude(const Comparison& comparison) {
  std::vector<std::string> sentences;
  int64_t attention = 0, recurrence = 0;
  const auto add = [&](const std::string& where, const Match& match, const Metric& metric) {
    if (!match.attention || !match.recurrence) return;
    sentences.push_back(sentence(where, match, metric));
    attention += winner(match, metric) == Ahead::attention;
    recurrence += winner(match, metric) == Ahead::recurrence;
  };
  const auto& metric = comparison.metric;
  for (const auto& cell : comparison.cells()) {
    Match within, outside;
    for (size_t i = 0; i < comparison.outcomes.size(); ++i) {
      const auto& outcome = comparison.outcomes[i];
      if (outcome.cell_text() != cell) continue;
      within.enter(outcome, comparison.summaries[i].values, metric);
      std::vector<double> values;
      for (const auto& run : outcome.runs)
        if (comparison.extrapolation && !metric.by_loss())
          if (const double value = beyond(run, *comparison.extrapolation, metric.measure);
              std::isfinite(value))
            values.push_back(value);
      outside.enter(outcome, values, metric);
    }
    const auto where = cell.empty() ? std::string("As trained") : "At " + cell;
    add(fmt::format("{}, {}", where, metric.name()), within, metric);
    if (comparison.extrapolation)
      add(fmt::format("{}, {}, {}", where, comparison.extrapolation->name(), metric.name()),
          outside, metric);
  }
  if (sentences.empty()) return sentences;
  if (one_run_each(comparison))
    sentences.push_back("One seed each: a small difference may be noise.");
  sentences.push_back(conclusion(attention, recurrence));
  return sentences;
}

std::vector<std::string> list_failures(const Comparison& comparison) {
  std::vector<std::string> lines;
  for (const auto& result : comparison.results) {
    if (!result.failure.empty())
      lines.push_back(fmt::format("{} failed: {}", result.name, result.failure));
    if (!result.extrapolation_failure.empty())
      lines.push_back(fmt::format("{} could not be tested beyond the training range: {}",
                                  result.name, result.extrapolation_failure));
  }
  return lines;
}

}  // namespace heed
