#include "src/compare/breakdown.h"

#include <fmt/format.h>

#include <algorithm>

#include "src/pages/evaluation_report.h"

namespace heed {
namespace {

void add_breakdowns(const Evaluation& evaluation, bool extrapolation, std::vector<Breakdown>& all) {
  for (const auto& score : evaluation.scores.all) {
    const Breakdown one{.measure = score.measure, .by = score.by, .extrapolation = extrapolation};
    if (std::find(all.begin(), all.end(), one) == all.end()) all.push_back(one);
  }
}

}  // namespace

const Evaluation* Breakdown::find(const RunResult& result) const {
  if (!extrapolation) return &result.final_evaluation();
  return result.extrapolation ? &*result.extrapolation : nullptr;
}

std::vector<Breakdown> list_breakdowns(const Comparison& comparison) {
  std::vector<Breakdown> all;
  for (const auto& result : comparison.results)
    if (result.failure.empty()) add_breakdowns(result.final_evaluation(), false, all);
  for (const auto& result : comparison.results)
    if (result.extrapolation) add_breakdowns(*result.extrapolation, true, all);
  return all;
}

std::vector<std::string> list_buckets(const Comparison& comparison, const Breakdown& breakdown) {
  std::vector<const Evaluation*> evaluations;
  for (const auto& result : comparison.results)
    if (const auto* evaluation = breakdown.find(result)) evaluations.push_back(evaluation);
  return list_buckets(evaluations, breakdown.measure, breakdown.by);
}

std::string score_text(const Outcome& outcome, const Breakdown& breakdown,
                       const std::string& bucket) {
  std::vector<double> values;
  for (const auto& run : outcome.runs)
    if (const auto* evaluation = breakdown.find(run))
      if (const auto* score = evaluation->find(breakdown.measure, breakdown.by, bucket))
        values.push_back(score->accuracy());
  return values.empty() ? "-" : fmt::format("{:.1f} %", 100 * interquartile_mean(values));
}

}  // namespace heed
