#include "train/evaluation.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "models/attention_recorder.h"
#include "models/evaluation_mode.h"
#include "models/sequence_model.h"
#include "train/task.h"

namespace heed {
namespace {

// Sums over rows from which the mean of a ratio and its standard error follow: rows may differ in
// how much of them is scored.
struct RowSums {
  std::vector<double> losses, counts;

  // Both [B, T], or [B] where a row has one answer.
  void add(const at::Tensor& values, const at::Tensor& scored) {
    const auto sums = by_row(values).sum(1).cpu();     // [B]
    const auto numbers = by_row(scored).sum(1).cpu();  // [B]
    losses.insert(losses.end(), sums.data_ptr<double>(), sums.data_ptr<double>() + sums.numel());
    counts.insert(counts.end(), numbers.data_ptr<double>(),
                  numbers.data_ptr<double>() + numbers.numel());
  }

  double mean() const {
    double loss = 0, count = 0;
    for (size_t row = 0; row < losses.size(); ++row) loss += losses[row], count += counts[row];
    return count > 0 ? loss / count : 0;
  }

  double standard_error() const {
    const double centre = mean(), rows = static_cast<double>(losses.size());
    double squares = 0, count = 0;
    for (size_t row = 0; row < losses.size(); ++row) {
      squares += std::pow(losses[row] - centre * counts[row], 2);
      count += counts[row];
    }
    return rows > 1 ? std::sqrt(squares * rows / (rows - 1)) / count : 0;
  }

 private:
  // [B, T], or [B] of one answer a row, -> [B, T].
  static at::Tensor by_row(const at::Tensor& t) {
    return t.reshape({t.size(0), -1}).to(at::kDouble);
  }
};

double characters_of(const Batch& batch, const at::Tensor& scored, const Tokenizer& tokenizer) {
  const auto targets = batch.targets.masked_select(scored).cpu();
  double characters = 0;
  for (int64_t i = 0; i < targets.numel(); ++i)
    characters += tokenizer.characters(targets.data_ptr<int64_t>()[i]);
  return characters;
}

}  // namespace

double Evaluation::perplexity() const { return std::exp(loss); }

double Evaluation::bits_per_character() const {
  return characters > 0 ? loss * static_cast<double>(tokens) / characters / std::numbers::ln2 : 0;
}

double Evaluation::root_mean_square() const { return std::sqrt(loss); }

void Evaluation::count(const std::string& measure, const std::string& by, const std::string& bucket,
                       bool right) {
  count(measure, by, bucket, right ? 1 : 0, 1);
}

void Evaluation::count(const std::string& measure, const std::string& by, const std::string& bucket,
                       int64_t right, int64_t asked) {
  auto found = std::find_if(scores.begin(), scores.end(), [&](const Score& score) {
    return score.measure == measure && score.by == by && score.bucket == bucket;
  });
  if (found == scores.end())
    found = scores.insert(scores.end(), {.measure = measure, .by = by, .bucket = bucket});
  found->right += right;
  found->asked += asked;
}

const Score* Evaluation::find(const std::string& measure, const std::string& by,
                              const std::string& bucket) const {
  for (const auto& score : scores)
    if (score.measure == measure && score.by == by && score.bucket == bucket) return &score;
  return nullptr;
}

Evaluation evaluate(SequenceModel& model, const Task& task, const RowSource& source,
                    int64_t batch_rows) {
  at::NoGradGuard no_gradients;
  const EvaluationMode mode(model);
  const auto like = model.tensor_options();
  Evaluation result{.unit = task.loss_unit(), .rows = source.rows};
  RowSums losses, exact, excess;
  AlignmentErrors alignment;
  for (int64_t first = 0; first < source.rows; first += batch_rows) {
    auto batch = source.batch(first, std::min(batch_rows, source.rows - first));
    batch = batch.to(like);
    AttentionRecorder recorder;
    const bool aligned = batch.alignment.defined() && model.has_attention();
    const auto output = model.forward(batch.input, aligned ? &recorder : nullptr);
    if (aligned) alignment.add(recorder.stacked(AttentionKind::cross), batch);
    const auto scored = task.scored(batch);
    const auto here = task.losses(output, batch);
    losses.add(here, scored);
    result.tokens += scored.sum().item<int64_t>();
    if (const auto best = task.exact_losses(batch)) {
      exact.add(*best, scored);
      excess.add(here.to(at::kDouble) - *best, scored);
    }
    if (task.is_text()) result.characters += characters_of(batch, scored, *task.tokenizer());
    task.score(output, batch, result);
  }
  result.alignment = alignment.rates();
  result.loss = losses.mean();
  result.standard_error = losses.standard_error();
  if (!exact.losses.empty() && std::isfinite(exact.mean())) {
    result.exact_loss = exact.mean();
    result.excess = excess.mean();
    result.excess_error = excess.standard_error();
  }
  return result;
}

Evaluation evaluate(SequenceModel& model, const Task& task, Split split, int64_t batch_rows) {
  return evaluate(model, task, task.rows(split), batch_rows);
}

}  // namespace heed
