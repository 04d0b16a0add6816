#include "src/analysis/sentence_sample.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "models/sequence_model.h"

namespace heed {
namespace {

// The mean of each row's values where the mask is set, NaN where it never is: [B].
void append_means(const at::Tensor& values, const at::Tensor& mask, std::vector<double>& means) {
  const auto rows = [](const at::Tensor& t) { return t.reshape({t.size(0), -1}).to(at::kDouble); };
  const auto counted = rows(mask);
  const auto mean = ((rows(values) * counted).sum(1) / counted.sum(1)).cpu();  // 0 / 0 is NaN
  means.insert(means.end(), mean.data_ptr<double>(), mean.data_ptr<double>() + mean.numel());
}

}  // namespace

at::Tensor SentenceSample::mask_links(size_t batch) const {
  const auto& targets = batches[batch].targets;
  if (targets.dim() != 2 || targets.is_floating_point()) return {};
  const auto mask = at::zeros(targets.sizes(), at::kBool);
  bool any = false;
  for (const auto& kind : gold_links[batch])
    for (const auto& link : kind.links) {
      if (!kind.decides) continue;
      mask.data_ptr<bool>()[link.row * targets.size(1) + link.query] = true;
      any = true;
    }
  return any ? mask.to(targets.device()).logical_and(targets.ne(not_scored)) : at::Tensor();
}

SentenceSample draw_sentences(const Task& task, Split split, int64_t count,
                              const at::TensorOptions& like, int64_t batch_rows) {
  SentenceSample sentences;
  sentences.count = std::min(count, task.evaluation_rows(split));
  for (int64_t first = 0; first < sentences.count; first += batch_rows) {
    const auto batch = task.batch(split, first, std::min(batch_rows, sentences.count - first));
    sentences.gold_links.push_back(task.gold_links(batch));
    sentences.batches.push_back(batch.to(like));
  }
  return sentences;
}

Performance evaluate_sentences(SequenceModel& model, const Task& task,
                               const SentenceSample& sentences, AttentionHook* hook) {
  const at::NoGradGuard no_gradients;
  const EvaluationMode mode(model);
  Performance result;
  for (size_t i = 0; i < sentences.batches.size(); ++i) {
    const auto& batch = sentences.batches[i];
    const auto output = model.forward(batch.input, hook);
    const auto losses = task.losses(output, batch);
    append_means(losses, task.scored(batch), result.loss);
    const auto on_links = sentences.mask_links(i);
    append_means(losses, on_links.defined() ? on_links : at::zeros_like(losses),
                 result.loss_on_links);
    task.score(output, batch, result.scores);
  }
  return result;
}

MeanEstimate loss_increase(const std::vector<double>& before, const std::vector<double>& after) {
  double sum = 0, squares = 0;
  MeanEstimate result;
  for (size_t i = 0; i < before.size(); ++i) {
    const double difference = after[i] - before[i];
    if (std::isnan(difference)) continue;
    ++result.sentences;
    sum += difference;
    squares += difference * difference;
  }
  const auto count = static_cast<double>(result.sentences);
  result.mean = count > 0 ? sum / count : std::numeric_limits<double>::quiet_NaN();
  const double variance = count > 1 ? (squares - sum * sum / count) / (count - 1) : 0;
  result.error = std::sqrt(std::max(0.0, variance) / std::max(1.0, count));
  return result;
}

}  // namespace heed
