#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "src/compare/cost.h"
#include "src/compare/outcome.h"

namespace heed {

/// The test that [test] of a plan adds: on longer rows than in training, or otherwise different
/// ones.
struct ExtrapolationTest {
  std::vector<std::string> settings;      ///< KEY=VALUE
  std::string by;                         ///< the breakdown that shows it: "length"
  std::optional<double> trained_to = {};  ///< the value of that key in training

  std::string name() const;  ///< "beyond length 40", or "with blanks=12" where nothing is by blanks
};

/// Everything that a report shows.
struct Comparison {
  std::string name;
  std::string comment;  ///< the opening comment of its file
  std::vector<GridAxis> axes;
  Metric metric;
  std::optional<ExtrapolationTest> extrapolation = {};
  std::vector<RunResult> results = {};                        ///< all runs
  std::vector<Outcome> outcomes = {};                         ///< of the chosen settings
  std::vector<Summary> summaries = {};                        ///< parallel to the outcomes
  std::map<std::string, std::vector<LengthCost>> costs = {};  ///< by model

  /// A run that succeeded; null if there is none.
  const RunResult* any_run() const;
  std::vector<std::string> models() const;
  /// The points of the grid, in order; without a grid one empty text.
  std::vector<std::string> cells() const;
  /// The first axis of the grid whose labels are numbers; null if there is none.
  const GridAxis* numeric_axis() const;
};

/// True if there are runs with several seeds.
bool several_seeds(const Comparison& comparison);

/// Throws std::runtime_error if no run succeeded.
Comparison compare_results(std::string name, std::string comment, std::vector<GridAxis> axes,
                           const SolvedWhen& solved, std::vector<RunResult> results);

/// A score of the extrapolation test: over the buckets beyond the training range or, without such a
/// breakdown, over all rows. NaN where there is none.
double beyond(const RunResult& result, const ExtrapolationTest& extrapolation,
              const std::string& measure);

/// Where to draw a bucket: the middle of "11-20", "7" or the lower end of "11+".
double bucket_middle(const std::string& bucket);

}  // namespace heed
