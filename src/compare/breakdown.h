#pragma once

#include <string>
#include <vector>

#include "src/compare/comparison.h"
#include "src/console/console_table.h"

namespace heed {

/// A measure, or one of its breakdowns, on the test or on the extrapolation test.
struct Breakdown {
  std::string measure, by;
  bool extrapolation = false;
  bool operator==(const Breakdown&) const = default;

  /// The evaluation of a run that has it; null if the run has none.
  const Evaluation* find(const RunResult& result) const;
};

/// All that the runs have: first those of the test, then those of the extrapolation test.
std::vector<Breakdown> list_breakdowns(const Comparison& comparison);

/// The buckets of a breakdown in rising order.
std::vector<std::string> list_buckets(const Comparison& comparison, const Breakdown& breakdown);

/// The interquartile mean of a score over the runs of an outcome, in percent; "-" if there is none.
std::string score_text(const Outcome& outcome, const Breakdown& breakdown,
                       const std::string& bucket);

/// A column of numbers.
inline TableColumn number_column(const std::string& header) {
  return {.header = header, .align = Align::right};
}

}  // namespace heed
