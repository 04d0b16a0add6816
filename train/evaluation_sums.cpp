#include "train/evaluation_sums.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "models/attention/attention_recorder.h"
#include "train/task.h"

namespace heed {
namespace {

using nlohmann::json;

// [B, T], or [B] of one answer a row, -> [B, T].
at::Tensor by_row(const at::Tensor& t) { return t.reshape({t.size(0), -1}).to(at::kDouble); }

void append_all(std::vector<double>& to, const std::vector<double>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

void append_sums(std::vector<double>& to, const at::Tensor& rows) {
  const auto sums = rows.sum(1).cpu();  // [B]
  to.insert(to.end(), sums.data_ptr<double>(), sums.data_ptr<double>() + sums.numel());
}

double count_characters(const Batch& batch, const at::Tensor& scored, const Tokenizer& tokenizer) {
  const auto targets = batch.targets.masked_select(scored).cpu();
  double characters = 0;
  for (int64_t i = 0; i < targets.numel(); ++i)
    characters += tokenizer.characters(targets.data_ptr<int64_t>()[i]);
  return characters;
}

// Those of a breakdown by their numbers, in whichever row they first came up.
void sort_buckets(std::vector<Score>& scores) {
  const auto key = [&scores](const Score& score) {
    const auto first = std::find_if(scores.begin(), scores.end(), [&](const Score& other) {
      return other.measure == score.measure && other.by == score.by;
    });
    const bool numbered = !score.bucket.empty() && std::isdigit(score.bucket.front());
    return std::pair(first - scores.begin(), numbered ? std::stoll(score.bucket) : int64_t{-1});
  };
  std::vector<std::pair<std::pair<int64_t, int64_t>, Score>> keyed;
  for (const auto& score : scores) keyed.emplace_back(key(score), score);
  std::stable_sort(keyed.begin(), keyed.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  for (size_t i = 0; i < scores.size(); ++i) scores[i] = keyed[i].second;
}

json to_json(const RowSums& sums) { return {sums.values, sums.counts}; }
RowSums sums_from(const json& value) { return {.values = value.at(0), .counts = value.at(1)}; }

}  // namespace

void RowSums::add(const at::Tensor& numbers, const at::Tensor& scored) {
  append_sums(values, by_row(numbers));
  append_sums(counts, by_row(scored));
}

void RowSums::append(const RowSums& later) {
  append_all(values, later.values);
  append_all(counts, later.counts);
}

double RowSums::mean() const {
  double value = 0, count = 0;
  for (size_t row = 0; row < values.size(); ++row) value += values[row], count += counts[row];
  return count > 0 ? value / count : 0;
}

double RowSums::standard_error() const {
  const double centre = mean(), rows = static_cast<double>(values.size());
  double squares = 0, count = 0;
  for (size_t row = 0; row < values.size(); ++row) {
    squares += std::pow(values[row] - centre * counts[row], 2);
    count += counts[row];
  }
  return rows > 1 ? std::sqrt(squares * rows / (rows - 1)) / count : 0;
}

void EvaluationSums::add(const Task& task, const at::Tensor& output, const Batch& batch,
                         const AttentionRecorder* recorder) {
  if (recorder) alignment_.add(recorder->stacked(AttentionKind::cross), batch);
  const auto scored = task.scored(batch);
  const auto losses = task.losses(output, batch);
  losses_.add(losses, scored);
  counted_.rows += batch.input.rows();
  counted_.tokens += scored.sum().item<int64_t>();
  if (const auto best = task.exact_losses(batch)) {
    exact_.add(*best, scored);
    excess_.add(losses.to(at::kDouble) - *best, scored);
  }
  if (task.is_text()) counted_.characters += count_characters(batch, scored, *task.tokenizer());
  task.score(output, batch, counted_);
}

void EvaluationSums::append(const EvaluationSums& later) {
  losses_.append(later.losses_);
  exact_.append(later.exact_);
  excess_.append(later.excess_);
  alignment_.append(later.alignment_);
  counted_.rows += later.counted_.rows;
  counted_.tokens += later.counted_.tokens;
  counted_.characters += later.counted_.characters;
  for (const auto& score : later.counted_.scores)
    counted_.count(score.measure, score.by, score.bucket, score.correct, score.total);
}

Evaluation EvaluationSums::result(LossUnit unit) const {
  auto result = counted_;
  result.unit = unit;
  sort_buckets(result.scores);
  result.alignment = alignment_.rates();
  result.loss = losses_.mean();
  result.standard_error = losses_.standard_error();
  if (!exact_.values.empty() && std::isfinite(exact_.mean())) {
    result.exact_loss = exact_.mean();
    result.excess = excess_.mean();
    result.excess_error = excess_.standard_error();
  }
  return result;
}

// MessagePack, which keeps numbers that are not finite, as text would not.
std::string EvaluationSums::to_bytes() const {
  json scores = json::array();
  for (const auto& score : counted_.scores)
    scores.push_back({score.measure, score.by, score.bucket, score.correct, score.total});
  const json value = {{"losses", to_json(losses_)}, {"exact", to_json(exact_)},
                      {"excess", to_json(excess_)}, {"rows", counted_.rows},
                      {"tokens", counted_.tokens},  {"characters", counted_.characters},
                      {"scores", scores},           {"hits", alignment_.hits()},
                      {"links", alignment_.links()}};
  std::string bytes;
  json::to_msgpack(value, bytes);
  return bytes;
}

EvaluationSums EvaluationSums::from_bytes(const std::string& bytes) {
  const auto value = json::from_msgpack(bytes);
  EvaluationSums sums;
  sums.losses_ = sums_from(value.at("losses"));
  sums.exact_ = sums_from(value.at("exact"));
  sums.excess_ = sums_from(value.at("excess"));
  sums.counted_.rows = value.at("rows");
  sums.counted_.tokens = value.at("tokens");
  sums.counted_.characters = value.at("characters");
  for (const auto& score : value.at("scores"))
    sums.counted_.count(score.at(0), score.at(1), score.at(2), score.at(3).get<int64_t>(),
                        score.at(4).get<int64_t>());
  sums.alignment_ = AlignmentErrors(value.at("hits"), value.at("links"));
  return sums;
}

}  // namespace heed
