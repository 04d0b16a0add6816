#include "src/pages/evaluation_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "src/console/console.h"
#include "src/console/console_table.h"

namespace heed {
namespace {

using nlohmann::ordered_json;

std::vector<std::string> distinct(const Evaluation& evaluation, const std::string& measure,
                                  std::string Score::*field) {
  std::vector<std::string> values;
  for (const auto& score : evaluation.scores.all) {
    const bool of_measure = measure.empty() || score.measure == measure;
    const auto& value = score.*field;
    if (of_measure && !value.empty() &&
        std::find(values.begin(), values.end(), value) == values.end())
      values.push_back(value);
  }
  return values;
}

ordered_json measure_json(const Evaluation& evaluation, const std::string& measure) {
  const auto* all = evaluation.find(measure);
  ordered_json result = {{"accuracy", all->accuracy()}, {"asked", all->total}};
  for (const auto& by : distinct(evaluation, measure, &Score::by)) {
    auto& group = result["by_" + by] = ordered_json::object();
    for (const auto& bucket : list_buckets({&evaluation}, measure, by)) {
      const auto* score = evaluation.find(measure, by, bucket);
      group[bucket] = {{"accuracy", score->accuracy()}, {"asked", score->total}};
    }
  }
  return result;
}

// {"best": {...}, "heads": [a list per layer], "mean_of_heads": [one per layer]}
ordered_json alignment_json(const std::vector<HeadAlignment>& rates) {
  const auto* best = best_head(rates);
  ordered_json result = {
      {"best", {{"layer", best->layer}, {"head", best->head}, {"error_rate", best->error_rate}}},
      {"heads", ordered_json::array()},
      {"mean_of_heads", ordered_json::array()}};
  for (const auto& rate : rates) {
    auto& heads = result["heads"];
    if (static_cast<size_t>(rate.layer) == heads.size()) heads.push_back(ordered_json::array());
    (rate.head < 0 ? result["mean_of_heads"] : heads.back()).push_back(rate.error_rate);
  }
  return result;
}

std::string alignment_text(const std::vector<HeadAlignment>& rates) {
  const auto* best = best_head(rates);
  std::string text =
      fmt::format("alignment error rate of cross-attention: {:.1f} % at best, layer {} head {}",
                  100 * best->error_rate, best->layer, best->head);
  for (const auto& rate : rates) {
    if (rate.head == 0) text += fmt::format("\n  layer {}, heads: ", rate.layer);
    text += rate.head < 0
                ? fmt::format("; their mean: {:.1f} %", 100 * rate.error_rate)
                : fmt::format("{}{:.1f} %", rate.head > 0 ? "  " : "", 100 * rate.error_rate);
  }
  return text + "\n";
}

}  // namespace

std::vector<std::string> list_buckets(const std::vector<const Evaluation*>& evaluations,
                                      const std::string& measure, const std::string& by) {
  std::vector<std::string> buckets;
  for (const auto* evaluation : evaluations)
    for (const auto& score : evaluation->scores.all)
      if (score.measure == measure && score.by == by && !score.bucket.empty() &&
          std::find(buckets.begin(), buckets.end(), score.bucket) == buckets.end())
        buckets.push_back(score.bucket);
  std::sort(buckets.begin(), buckets.end(), [](const std::string& a, const std::string& b) {
    return std::atoi(a.c_str()) < std::atoi(b.c_str());
  });
  return buckets;
}

ordered_json to_json(const Evaluation& evaluation, std::optional<double> bound) {
  ordered_json result = {{"tokens", evaluation.tokens}};
  if (evaluation.unit == LossUnit::nats) {
    result["nats_per_token"] = evaluation.loss;
    result["perplexity"] = evaluation.perplexity();
  } else {
    result["squared_error"] = evaluation.loss;
    result["root_mean_square"] = evaluation.root_mean_square();
  }
  result["standard_error"] = evaluation.standard_error;
  if (evaluation.characters > 0) result["bits_per_character"] = evaluation.bits_per_character();
  if (bound) result["bound"] = *bound;
  if (evaluation.exact_loss) {
    result["exact_loss"] = *evaluation.exact_loss;
    result["excess"] = evaluation.excess;
    result["excess_error"] = evaluation.excess_error;
  }
  for (const auto& measure : distinct(evaluation, "", &Score::measure))
    result[measure] = measure_json(evaluation, measure);
  if (!evaluation.alignment.empty()) result["alignment"] = alignment_json(evaluation.alignment);
  return result;
}

std::string to_text(const Evaluation& evaluation, std::optional<double> bound) {
  std::string text =
      evaluation.unit == LossUnit::nats
          ? fmt::format("{} tokens, {:.4f} ± {:.4f} nats per token, perplexity {:.3f}",
                        with_thousands(evaluation.tokens), evaluation.loss,
                        evaluation.standard_error, evaluation.perplexity())
          : fmt::format("{} numbers, squared error {:.5f} ± {:.5f}, its root {:.4f}",
                        with_thousands(evaluation.tokens), evaluation.loss,
                        evaluation.standard_error, evaluation.root_mean_square());
  if (evaluation.characters > 0)
    text += fmt::format(",\n{:.4f} bits per character", evaluation.bits_per_character());
  text += "\n";
  if (bound) text += fmt::format("entropy of the task: {:.4f} nats per token\n", *bound);
  if (evaluation.exact_loss)
    text +=
        fmt::format("exact predictor on these tokens: {:.4f}; the model: {:.4f} ± {:.4f} above\n",
                    *evaluation.exact_loss, evaluation.excess, evaluation.excess_error);
  for (const auto& measure : distinct(evaluation, "", &Score::measure)) {
    const auto* all = evaluation.find(measure);
    text += fmt::format("{}: {:.1f} % of {}\n", measure, 100 * all->accuracy(),
                        with_thousands(all->total));
    for (const auto& by : distinct(evaluation, measure, &Score::by)) {
      text += fmt::format("  by {}", by);
      for (const auto& bucket : list_buckets({&evaluation}, measure, by))
        text += fmt::format("  {}: {:.1f} %", bucket,
                            100 * evaluation.find(measure, by, bucket)->accuracy());
      text += "\n";
    }
  }
  if (!evaluation.alignment.empty()) text += alignment_text(evaluation.alignment);
  return text;
}

}  // namespace heed
