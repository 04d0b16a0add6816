#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "src/compare/cost.h"
#include "src/compare/outcome.h"

namespace heed {

/// The rows that [test] adds: longer than those of training, or otherwise different.
struct ExtrapolationTest {
  std::vector<std::string> settings;      ///< KEY=VALUE
  std::string by;                         ///< the breakdown that shows it: "length"
  std::optional<double> trained_to = {};  ///< the value of that key in training

  std::string name() const;  ///< "beyond length 40", or "with blanks=12" where nothing is by blanks
};

/// All that a report tells.
struct Comparison {
  std::string name;
  std::string comment;  ///< what its file opens with
  std::vector<GridAxis> axes;
  Metric metric;
  std::optional<ExtrapolationTest> extrapolation = {};
  std::vector<RunResult> results = {};                        ///< all runs
  std::vector<Outcome> outcomes = {};                         ///< of those chosen
  std::vector<Summary> summaries = {};                        ///< parallel to the outcomes
  std::map<std::string, std::vector<LengthCost>> costs = {};  ///< by model

  /// A run that ended well; null if there is none.
  const RunResult* any_run() const;
  std::vector<std::string> models() const;
  /// The places of the grid, in their order; one empty place without a grid.
  std::vector<std::string> cells() const;
  /// The first axis of the grid whose labels are numbers; null if there is none.
  const GridAxis* numeric_axis() const;
};

/// Throws std::runtime_error if no run ended well.
Comparison compare_results(std::string name, std::string comment, std::vector<GridAxis> axes,
                           const SolvedWhen& solved, std::vector<RunResult> results);

/// A score of the extrapolation test: over the buckets behind what was trained, or, where there is
/// no such breakdown, over all of it. NaN where there is none.
double beyond(const RunResult& result, const ExtrapolationTest& extrapolation,
              const std::string& measure);

/// The middle of a bucket such as "11-20", "7" or "11+", to draw it at.
double bucket_middle(const std::string& bucket);

}  // namespace heed
