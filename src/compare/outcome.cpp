#include "src/compare/outcome.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace heed {
namespace {

GridPoint select_axes(const RunResult& result, const std::vector<GridAxis>& axes, bool tuned) {
  GridPoint point;
  for (const auto& axis : axes)
    if (axis.tuned == tuned && axis.name != "model" && axis.name != "seed")
      point.emplace_back(axis.name, result.label(axis.name));
  return point;
}

// One model at one point of the grid with one choice of the tuned settings.
struct Trial {
  GridPoint chosen;
  std::vector<RunResult> runs;
  int64_t failed = 0;

  double merit() const {
    double sum = 0;
    for (const auto& run : runs) sum += run.validation.loss;
    const auto mean = sum / static_cast<double>(runs.size());
    return std::isfinite(mean) ? mean : std::numeric_limits<double>::infinity();
  }
};

}  // namespace

std::string Outcome::cell_text() const {
  std::string text;
  for (const auto& [axis, label] : cell)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", short_name(axis), label);
  return text;
}

std::vector<Outcome> collect_outcomes(const std::vector<GridAxis>& axes,
                                      const std::vector<RunResult>& results) {
  struct Slot {
    std::string model;
    GridPoint cell;
    std::vector<Trial> candidates;
  };
  std::vector<Slot> slots;
  for (const auto& result : results) {
    const auto model = result.label("model");
    const auto cell = select_axes(result, axes, false), chosen = select_axes(result, axes, true);
    auto slot = std::find_if(slots.begin(), slots.end(), [&](const Slot& one) {
      return one.model == model && one.cell == cell;
    });
    if (slot == slots.end())
      slot = slots.insert(slots.end(), {.model = model, .cell = cell, .candidates = {}});
    auto& candidates = slot->candidates;
    auto candidate = std::find_if(candidates.begin(), candidates.end(),
                                  [&chosen](const Trial& one) { return one.chosen == chosen; });
    if (candidate == candidates.end())
      candidate = candidates.insert(candidates.end(), {.chosen = chosen, .runs = {}});
    if (result.failure.empty())
      candidate->runs.push_back(result);
    else
      ++candidate->failed;
  }
  std::vector<Outcome> outcomes;
  for (auto& slot : slots) {
    auto best =
        std::min_element(slot.candidates.begin(), slot.candidates.end(),
                         [](const Trial& a, const Trial& b) { return a.merit() < b.merit(); });
    outcomes.push_back({.model = slot.model,
                        .cell = slot.cell,
                        .chosen = best->chosen,
                        .runs = std::move(best->runs),
                        .failed = best->failed});
  }
  return outcomes;
}

double Metric::value(const Evaluation& evaluation) const {
  if (by_loss())
    return unit == LossUnit::squared_error ? evaluation.root_mean_square() : evaluation.loss;
  const auto* score = evaluation.find(measure);
  return score ? score->accuracy() : std::numeric_limits<double>::quiet_NaN();
}

bool Metric::solved(double value) const {
  if (by_loss()) return at_most > 0 && value <= at_most;
  return value >= at_least;
}

std::string Metric::name() const {
  if (!by_loss()) return measure;
  return unit == LossUnit::squared_error ? "RMSE" : "loss";
}

std::string Metric::value_text(double value) const {
  if (!std::isfinite(value)) return "-";
  return by_loss() ? fmt::format("{:.4f}", value) : fmt::format("{:.1f} %", 100 * value);
}

Metric choose_metric(const SolvedWhen& solved, const RunResult& result) {
  Metric metric{.measure = solved.measure.empty() ? result.main_measure : solved.measure,
                .unit = result.unit,
                .at_least = solved.at_least,
                .at_most = solved.at_most};
  if (metric.measure.empty()) metric.measure = "loss";
  return metric;
}

std::optional<int64_t> steps_to_solve(const RunResult& result, const Metric& metric) {
  for (const auto& point : result.curve) {
    const double loss = metric.unit == LossUnit::squared_error ? std::sqrt(point.loss) : point.loss;
    const auto value = metric.by_loss() ? std::optional(loss) : point.measure;
    if (value && metric.solved(*value)) return point.step;
  }
  return std::nullopt;
}

Summary summarise(const Outcome& outcome, const Metric& metric) {
  Summary summary;
  std::vector<double> steps;
  for (const auto& run : outcome.runs) {
    const double value = metric.value(run.final_evaluation());
    if (std::isfinite(value)) summary.values.push_back(value);
    summary.solved += metric.solved(value);
    summary.steps_to_solve.push_back(steps_to_solve(run, metric));
    if (summary.steps_to_solve.back())
      steps.push_back(static_cast<double>(*summary.steps_to_solve.back()));
  }
  summary.total = std::ssize(outcome.runs) + outcome.failed;
  summary.value = interquartile_interval(summary.values);
  if (!steps.empty()) summary.median_steps = median(steps);
  return summary;
}

std::string solved_text(const Summary& summary) {
  return fmt::format("{}/{}", summary.solved, summary.total);
}

bool numeric(const GridAxis& axis) {
  return std::all_of(axis.choices.begin(), axis.choices.end(), [](const Choice& choice) {
    char* end = nullptr;
    std::strtod(choice.label.c_str(), &end);
    return !choice.label.empty() && *end == '\0';
  });
}

}  // namespace heed
