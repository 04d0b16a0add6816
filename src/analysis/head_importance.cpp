#include "src/analysis/head_importance.h"

#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>

#include "models/sequence_model.h"

namespace heed {
namespace {

// Each sentence's mean loss over the answers in `mask`: [B].
at::Tensor sentence_losses(const at::Tensor& losses, const at::Tensor& mask) {
  const auto rows = [](const at::Tensor& t) { return t.reshape({t.size(0), -1}); };
  const auto counted = rows(mask).to(losses.scalar_type());
  return (rows(losses) * counted).sum(1) / counted.sum(1).clamp_min(1);
}

}  // namespace

HeadAblator::HeadAblator(SequenceModel& model, const Task& task, const SentenceSample& sentences)
    : model_(model), task_(task), sentences_(sentences) {
  intact_ = evaluate_sentences(model, task, sentences);
  find_means();
  find_gradients();
}

void HeadAblator::find_means() {
  const at::NoGradGuard no_gradients;
  const EvaluationMode mode(model_);
  HeadMeans means;
  for (const auto& batch : sentences_.batches) {
    means.begin(batch.input);
    model_.forward(batch.input, &means);
  }
  means_ = means.means();
}

// A row's factors affect that row's loss only, so one backward pass gives every sentence's
// derivative.
void HeadAblator::find_gradients() {
  const EvaluationMode mode(model_);
  HeadMask hook;
  for (const auto& batch : sentences_.batches) {
    hook.clear();
    const auto losses = task_.losses(model_.forward(batch.input, &hook), batch);
    std::vector<at::Tensor> masks;
    for (const auto& [layer_id, mask] : hook.masks()) masks.push_back(mask);
    const auto total = sentence_losses(losses, task_.scored(batch)).sum();
    const auto gradients = torch::autograd::grad({total}, masks, {}, /*retain_graph=*/false,
                                                 /*create_graph=*/false, /*allow_unused=*/true);
    size_t index = 0;
    for (const auto& [layer_id, mask] : hook.masks()) {
      const auto& found = gradients[index++];
      const auto sizes = (found.defined() ? found : at::zeros_like(mask)).abs().to(at::kDouble);
      const auto by_head = sizes.t().contiguous().cpu();  // [H, B]
      for (int64_t head = 0; head < by_head.size(0); ++head) {
        const auto* first = by_head[head].const_data_ptr<double>();
        auto& all = gradients_[{.layer_id = layer_id, .head = head}];
        all.insert(all.end(), first, first + by_head.size(1));
      }
    }
  }
}

std::vector<HeadId> HeadAblator::heads() const {
  std::vector<HeadId> all;
  for (const auto& [head, unused] : gradients_) all.push_back(head);
  return all;
}

HeadImportance HeadAblator::importance(const HeadId& head) const {
  const auto& mean = means_.at(head.layer_id)[head.head];
  const auto find_cost = [&](const at::Tensor& replacement) {
    HeadAblation ablation;
    ablation.ablate(head.layer_id, head.head, replacement);
    return cost(ablation);
  };
  const auto& gradients = gradients_.at(head);
  return {.zero = find_cost(at::zeros_like(mean)),
          .mean = find_cost(mean),
          .gradient = loss_increase(std::vector<double>(gradients.size(), 0), gradients)};
}

HeadAblation HeadAblator::layer_ablation(const LayerId& layer_id) const {
  HeadAblation ablation;
  const auto& means = means_.at(layer_id);
  for (int64_t head = 0; head < means.size(0); ++head) ablation.ablate(layer_id, head, means[head]);
  return ablation;
}

AblationCost HeadAblator::cost(HeadAblation ablation) const {
  const auto without = evaluate_sentences(model_, task_, sentences_, &ablation);
  return {.all = loss_increase(intact_.loss, without.loss),
          .loss_on_links = loss_increase(intact_.loss_on_links, without.loss_on_links),
          .measure = find_measure(without)};
}

std::optional<double> HeadAblator::find_measure(const Performance& performance) const {
  const auto name = task_.main_measure();
  const auto* score = name.empty() ? nullptr : performance.scores.find(name);
  return score ? std::optional(score->accuracy()) : std::nullopt;
}

}  // namespace heed
