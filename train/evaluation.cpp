#include "train/evaluation.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "models/attention/attention_recorder.h"
#include "models/sequence_model.h"
#include "train/evaluation_sums.h"
#include "train/task.h"

namespace heed {

double Evaluation::perplexity() const { return std::exp(loss); }

double Evaluation::bits_per_character() const {
  return characters > 0 ? loss * static_cast<double>(tokens) / characters / std::numbers::ln2 : 0;
}

double Evaluation::root_mean_square() const { return std::sqrt(loss); }

void Evaluation::count(const std::string& measure, const std::string& by, const std::string& bucket,
                       bool correct) {
  count(measure, by, bucket, correct ? 1 : 0, 1);
}

void Evaluation::count(const std::string& measure, const std::string& by, const std::string& bucket,
                       int64_t correct, int64_t total) {
  auto found = std::find_if(scores.begin(), scores.end(), [&](const Score& score) {
    return score.measure == measure && score.by == by && score.bucket == bucket;
  });
  if (found == scores.end())
    found = scores.insert(scores.end(), {.measure = measure, .by = by, .bucket = bucket});
  found->correct += correct;
  found->total += total;
}

const Score* Evaluation::find(const std::string& measure, const std::string& by,
                              const std::string& bucket) const {
  for (const auto& score : scores)
    if (score.measure == measure && score.by == by && score.bucket == bucket) return &score;
  return nullptr;
}

namespace {

EvaluationSums sum_rows(SequenceModel& model, const Task& task, const RowSource& source,
                        Communicator::Range rows, int64_t batch_rows) {
  const auto like = model.tensor_options();
  EvaluationSums sums;
  for (int64_t first = rows.first; first < rows.end; first += batch_rows) {
    const auto batch = source.batch(first, std::min(batch_rows, rows.end - first)).to(like);
    AttentionRecorder recorder;
    const bool aligned = batch.alignment.defined() && model.has_attention();
    const auto output = model.forward(batch.input, aligned ? &recorder : nullptr);
    sums.add(task, output, batch, aligned ? &recorder : nullptr);
  }
  return sums;
}

}  // namespace

Evaluation evaluate(SequenceModel& model, const Task& task, const RowSource& source,
                    int64_t batch_rows, Communicator& ranks) {
  at::NoGradGuard no_gradients;
  const EvaluationMode mode(model);
  auto sums = sum_rows(model, task, source, ranks.shard(source.rows), batch_rows);
  if (ranks.size() > 1) {
    const auto parts = ranks.gather(sums.to_bytes());
    sums = {};
    for (const auto& part : parts) sums.append(EvaluationSums::from_bytes(part));
  }
  return sums.result(task.loss_unit());
}

Evaluation evaluate(SequenceModel& model, const Task& task, Split split, Communicator& ranks) {
  return evaluate(model, task, task.rows(split), rows_at_once, ranks);
}

}  // namespace heed
