#include "src/analysis/performance.h"

#include <ATen/core/grad_mode.h>

#include <cmath>
#include <limits>

#include "models/evaluation_mode.h"
#include "models/sequence_model.h"

namespace heed {
namespace {

// The mean of each row's values where the mask says so, NaN where it says so nowhere: [B].
void append_means(const at::Tensor& values, const at::Tensor& mask, std::vector<double>& means) {
  const auto rows = [](const at::Tensor& t) { return t.reshape({t.size(0), -1}).to(at::kDouble); };
  const auto counted = rows(mask);
  const auto mean = ((rows(values) * counted).sum(1) / counted.sum(1)).cpu();  // 0 / 0 is NaN
  means.insert(means.end(), mean.data_ptr<double>(), mean.data_ptr<double>() + mean.numel());
}

}  // namespace

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
