#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "src/compare/plan.h"
#include "src/compare/result.h"
#include "src/compare/statistics.h"

namespace heed {

/// One model at one place of the grid: its runs, one a seed, with the tuned settings that did best
/// on validation.
struct Outcome {
  std::string model;
  GridPoint cell;               ///< on the axes of [grid]
  GridPoint chosen;             ///< on those of [tune]
  std::vector<RunResult> runs;  ///< those that ended well
  int64_t failed = 0;           ///< of the chosen settings

  std::string cell_text() const;  ///< "length 100, pairs 4"; empty without a grid
};

/// Chooses for each model and place of the grid: the settings with the lowest validation loss, its
/// mean over the seeds; settings of which no run ended well are never chosen, and among settings of
/// equal merit the first. In the order of the axes.
std::vector<Outcome> collect_outcomes(const std::vector<GridAxis>& axes,
                                      const std::vector<RunResult>& results);

/// What runs are judged by.
struct Metric {
  std::string measure;  ///< a score, or "loss"
  LossUnit unit = LossUnit::nats;
  double at_least = 0.99;  ///< of a score: then a run has solved its task
  double at_most = 0;      ///< the same of a loss; 0: there is no such limit

  bool by_loss() const { return measure == "loss"; }
  bool can_be_solved() const { return !by_loss() || at_most > 0; }
  bool better(double a, double b) const { return by_loss() ? a < b : a > b; }
  /// NaN where an evaluation has none.
  double value(const Evaluation& evaluation) const;
  bool solved(double value) const;
  /// "accuracy", "loss, nats", "RMSE": what value_text() shows.
  std::string name() const;
  std::string value_text(double value) const;  ///< "98.2 %", "0.0312"
};

Metric choose_metric(const SolvedWhen& solved, const RunResult& result);

/// The first evaluation of a training by which its validation data were solved.
std::optional<int64_t> steps_to_solve(const RunResult& result, const Metric& metric);

/// What a plan's seeds came to.
struct Summary {
  std::vector<double> values;  ///< of the metric, one a run
  Interval value;
  int64_t solved = 0, total = 0;                       ///< runs, the failed ones too
  std::vector<std::optional<int64_t>> steps_to_solve;  ///< one a run
  std::optional<double> median_steps;                  ///< of those that solved
};

Summary summarise(const Outcome& outcome, const Metric& metric);

/// "2/3"
std::string solved_text(const Summary& summary);

/// Whether every label of an axis is a number.
bool numeric(const GridAxis& axis);

}  // namespace heed
