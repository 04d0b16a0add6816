#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "src/compare/plan.h"
#include "src/compare/result.h"
#include "src/compare/statistics.h"

namespace heed {

/// One model at one point of the grid: its runs, one per seed, with the tuned settings that did
/// best on validation.
struct Outcome {
  std::string model;
  GridPoint cell;               ///< on the axes of [grid]
  GridPoint chosen;             ///< on those of [tune]
  std::vector<RunResult> runs;  ///< those that succeeded
  int64_t failed = 0;           ///< of the chosen settings

  std::string cell_text() const;  ///< "length 100, pairs 4"; empty without a grid
};

/// Chooses the settings for each model at each point of the grid: those with the lowest validation
/// loss, averaged over the seeds. Settings whose runs all failed are never chosen; of equally good
/// settings the first is. In the order of the axes.
std::vector<Outcome> collect_outcomes(const std::vector<GridAxis>& axes,
                                      const std::vector<RunResult>& results);

/// The number that runs are judged by.
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

/// The step of the first evaluation in training that solved the validation data.
std::optional<int64_t> steps_to_solve(const RunResult& result, const Metric& metric);

/// An outcome summed up over its seeds.
struct Summary {
  std::vector<double> values;  ///< of the metric, one per run
  Interval value;
  int64_t solved = 0, total = 0;                       ///< runs, with the failed ones
  std::vector<std::optional<int64_t>> steps_to_solve;  ///< one per run
  std::optional<double> median_steps;                  ///< of the runs that solved it
};

Summary summarise(const Outcome& outcome, const Metric& metric);

/// "2/3"
std::string solved_text(const Summary& summary);

/// Whether every label of an axis is a number.
bool numeric(const GridAxis& axis);

}  // namespace heed
