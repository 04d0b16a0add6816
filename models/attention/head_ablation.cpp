#include "models/attention/head_ablation.h"

namespace heed {

void HeadMeans::begin(const SequenceInput& input) {
  input_ = input;
  for (auto& [place, sum] : sums_) sum.next_query = 0;
}

at::Tensor HeadMeans::on_outputs(const AttentionPlace& place, const at::Tensor& outputs) {
  const int64_t batch = outputs.size(0), queries = outputs.size(2);
  auto& sum = sums_[place];
  const auto& lengths =
      place.kind == AttentionKind::encoder ? input_.source_lengths : input_.lengths;
  auto counted = outputs.detach();  // [B, H, T, K]
  if (lengths.defined()) {
    const auto positions =
        at::arange(sum.next_query, sum.next_query + queries, lengths.options());  // [T]
    const auto present = positions < lengths.unsqueeze(1);                        // [B, T]
    counted = counted * present.view({batch, 1, queries, 1});
    sum.positions += present.sum().item<double>();
  } else {
    sum.positions += static_cast<double>(batch * queries);
  }
  sum.next_query += queries;
  const auto total = counted.to(at::kDouble).sum({0, 2});  // [H, K]
  sum.outputs = sum.outputs.defined() ? sum.outputs + total : total;
  return outputs;
}

std::map<AttentionPlace, at::Tensor> HeadMeans::means() const {
  std::map<AttentionPlace, at::Tensor> result;
  for (const auto& [place, sum] : sums_) result[place] = sum.outputs / sum.positions;
  return result;
}

void HeadRemoval::remove(const AttentionPlace& place, int64_t head, const at::Tensor& replacement) {
  replacements_[place][head] = replacement;
}

void HeadRemoval::on_weights(const AttentionPlace& place, const at::Tensor& weights,
                             const AttentionScope& scope) {
  recorder_->on_weights(place, weights, scope);
}

at::Tensor HeadRemoval::on_outputs(const AttentionPlace& place, const at::Tensor& outputs) {
  const auto found = replacements_.find(place);
  if (found == replacements_.end()) return outputs;
  auto changed = outputs.clone();  // [B, H, T, K]
  for (const auto& [head, replacement] : found->second)
    changed.select(1, head).copy_(
        replacement.to(changed.options()).expand_as(changed.select(1, 0)));
  return changed;
}

at::Tensor HeadGates::on_outputs(const AttentionPlace& place, const at::Tensor& outputs) {
  auto& gates = gates_[place];  // one for all steps of an attention that goes step by step
  if (!gates.defined())
    gates = at::ones({outputs.size(0), outputs.size(1)}, outputs.options()).set_requires_grad(true);
  return outputs * gates.unsqueeze(2).unsqueeze(3);
}

}  // namespace heed
