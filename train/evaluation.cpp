#include "train/evaluation.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "models/attention/attention_recorder.h"
#include "models/sequence_model.h"

namespace heed {
namespace {

// [B, T] or [B] -> [B, T], where T is 1 for one answer per row.
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

}  // namespace

double Evaluation::perplexity() const { return std::exp(loss); }

double Evaluation::bits_per_character() const {
  return characters > 0 ? loss * static_cast<double>(tokens) / characters / std::numbers::ln2 : 0;
}

double Evaluation::root_mean_square() const { return std::sqrt(loss); }

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
  if (recorder) alignment.add(recorder->stacked(AttentionKind::cross), batch);
  const auto scored = task.scored(batch);
  const auto found = task.losses(output, batch);
  losses.add(found, scored);
  rows += batch.input.rows();
  tokens += scored.sum().item<int64_t>();
  if (const auto best = task.exact_losses(batch)) {
    exact.add(*best, scored);
    excess.add(found.to(at::kDouble) - *best, scored);
  }
  if (task.is_text()) characters += count_characters(batch, scored, *task.tokenizer());
  task.score(output, batch, scores);
}

void EvaluationSums::append(const EvaluationSums& later) {
  losses.append(later.losses);
  exact.append(later.exact);
  excess.append(later.excess);
  alignment.append(later.alignment);
  rows += later.rows;
  tokens += later.tokens;
  characters += later.characters;
  for (const auto& score : later.scores.all)
    scores.count(score.measure, score.by, score.bucket, score.correct, score.total);
}

Evaluation EvaluationSums::result(LossUnit unit) const {
  Evaluation result{.unit = unit,
                    .rows = rows,
                    .tokens = tokens,
                    .characters = characters,
                    .loss = losses.mean(),
                    .standard_error = losses.standard_error(),
                    .scores = scores,
                    .alignment = alignment.rates()};
  result.scores.sort_buckets();
  if (!exact.values.empty() && std::isfinite(exact.mean())) {
    result.exact_loss = exact.mean();
    result.excess = excess.mean();
    result.excess_error = excess.standard_error();
  }
  return result;
}

EvaluationSums sum_rows(SequenceModel& model, const Task& task, const RowSource& source,
                        int64_t first, int64_t end, int64_t batch_rows) {
  const at::NoGradGuard no_gradients;
  const EvaluationMode mode(model);
  const auto like = model.tensor_options();
  EvaluationSums sums;
  for (; first < end; first += batch_rows) {
    const auto batch = source.batch(first, std::min(batch_rows, end - first)).to(like);
    AttentionRecorder recorder;
    const bool aligned = batch.alignment.defined() && model.has_attention();
    const auto output = model.forward(batch.input, aligned ? &recorder : nullptr);
    sums.add(task, output, batch, aligned ? &recorder : nullptr);
  }
  return sums;
}

Evaluation evaluate(SequenceModel& model, const Task& task, const RowSource& source,
                    int64_t batch_rows) {
  return sum_rows(model, task, source, 0, source.rows, batch_rows).result(task.loss_unit());
}

Evaluation evaluate(SequenceModel& model, const Task& task, Split split) {
  return evaluate(model, task, task.rows(split));
}

}  // namespace heed
