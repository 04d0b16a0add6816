#include "models/attention/head_ablation.h"

namespace heed {

void HeadMeans::begin(const SequenceInput& input) {
  input_ = input;
  for (auto& [layer_id, sum] : sums_) sum.next_query = 0;
}

at::Tensor HeadMeans::on_head_outputs(const LayerId& layer_id, const at::Tensor& outputs) {
  const int64_t batch = outputs.size(0), queries = outputs.size(2);
  auto& sum = sums_[layer_id];
  const auto& lengths =
      layer_id.kind == AttentionKind::encoder ? input_.source_lengths : input_.lengths;
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

std::map<LayerId, at::Tensor> HeadMeans::means() const {
  std::map<LayerId, at::Tensor> result;
  for (const auto& [layer_id, sum] : sums_) result[layer_id] = sum.outputs / sum.positions;
  return result;
}

void HeadAblation::ablate(const LayerId& layer_id, int64_t head, const at::Tensor& replacement) {
  replacements_[layer_id][head] = replacement;
}

void HeadAblation::on_weights(const LayerId& layer_id, const at::Tensor& weights,
                              const AttentionMask& mask) {
  recorder_->on_weights(layer_id, weights, mask);
}

at::Tensor HeadAblation::on_head_outputs(const LayerId& layer_id, const at::Tensor& outputs) {
  const auto found = replacements_.find(layer_id);
  if (found == replacements_.end()) return outputs;
  auto changed = outputs.clone();  // [B, H, T, K]
  for (const auto& [head, replacement] : found->second)
    changed.select(1, head).copy_(
        replacement.to(changed.options()).expand_as(changed.select(1, 0)));
  return changed;
}

at::Tensor HeadMask::on_head_outputs(const LayerId& layer_id, const at::Tensor& outputs) {
  auto& masks = masks_[layer_id];  // one for all steps of an attention that goes step by step
  if (!masks.defined())
    masks = at::ones({outputs.size(0), outputs.size(1)}, outputs.options()).set_requires_grad(true);
  return outputs * masks.unsqueeze(2).unsqueeze(3);
}

}  // namespace heed
