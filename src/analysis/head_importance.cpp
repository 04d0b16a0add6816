#include "src/analysis/head_importance.h"

#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>

#include "models/evaluation_mode.h"
#include "models/sequence_model.h"

namespace heed {
namespace {

// Each sentence's mean loss: [B]. `mask` says what is asked.
at::Tensor sentence_losses(const at::Tensor& losses, const at::Tensor& mask) {
  const auto rows = [](const at::Tensor& t) { return t.reshape({t.size(0), -1}); };
  const auto counted = rows(mask).to(losses.scalar_type());
  return (rows(losses) * counted).sum(1) / counted.sum(1).clamp_min(1);
}

}  // namespace

HeadRemover::HeadRemover(SequenceModel& model, const Task& task, const SentenceSample& sentences)
    : model_(model), task_(task), sentences_(sentences) {
  intact_ = evaluate_sentences(model, task, sentences);
  find_means();
  find_gradients();
}

void HeadRemover::find_means() {
  const at::NoGradGuard no_gradients;
  const EvaluationMode mode(model_);
  HeadMeans means;
  for (const auto& batch : sentences_.batches) {
    means.begin(batch.input);
    model_.forward(batch.input, &means);
  }
  means_ = means.means();
}

// A row's gate touches that row's loss alone, so that one backward pass gives every sentence's
// derivative.
void HeadRemover::find_gradients() {
  const EvaluationMode mode(model_);
  HeadGates probe;
  for (const auto& batch : sentences_.batches) {
    probe.clear();
    const auto losses = task_.losses(model_.forward(batch.input, &probe), batch);
    std::vector<at::Tensor> gates;
    for (const auto& [place, gate] : probe.gates()) gates.push_back(gate);
    const auto total = sentence_losses(losses, task_.scored(batch)).sum();
    const auto gradients = torch::autograd::grad({total}, gates, {}, /*retain_graph=*/false,
                                                 /*create_graph=*/false, /*allow_unused=*/true);
    size_t index = 0;
    for (const auto& [place, gate] : probe.gates()) {
      const auto& found = gradients[index++];
      const auto sizes = (found.defined() ? found : at::zeros_like(gate)).abs().to(at::kDouble);
      const auto by_head = sizes.t().contiguous().cpu();  // [H, B]
      for (int64_t head = 0; head < by_head.size(0); ++head) {
        const auto* first = by_head[head].const_data_ptr<double>();
        auto& all = gradients_[{.place = place, .head = head}];
        all.insert(all.end(), first, first + by_head.size(1));
      }
    }
  }
}

std::vector<HeadPlace> HeadRemover::heads() const {
  std::vector<HeadPlace> all;
  for (const auto& [head, unused] : gradients_) all.push_back(head);
  return all;
}

HeadWorth HeadRemover::worth(const HeadPlace& head) const {
  const auto& mean = means_.at(head.place)[head.head];
  const auto cost_of = [&](const at::Tensor& replacement) {
    HeadRemoval removal;
    removal.remove(head.place, head.head, replacement);
    return cost(removal);
  };
  const auto& gradients = gradients_.at(head);
  return {.zero = cost_of(at::zeros_like(mean)),
          .mean = cost_of(mean),
          .gradient = rise(std::vector<double>(gradients.size(), 0), gradients)};
}

HeadRemoval HeadRemover::removal_of(const AttentionPlace& place) const {
  HeadRemoval removal;
  const auto& means = means_.at(place);
  for (int64_t head = 0; head < means.size(0); ++head) removal.remove(place, head, means[head]);
  return removal;
}

RemovalCost HeadRemover::cost(HeadRemoval removal) const {
  const auto without = evaluate_sentences(model_, task_, sentences_, &removal);
  return {.all = rise(intact_.loss, without.loss),
          .loss_on_links = rise(intact_.loss_on_links, without.loss_on_links),
          .measure = measure_of(without)};
}

std::optional<double> HeadRemover::measure_of(const Performance& performance) const {
  const auto name = task_.main_measure();
  const auto* score = name.empty() ? nullptr : performance.scores.find(name);
  return score ? std::optional(score->accuracy()) : std::nullopt;
}

}  // namespace heed
