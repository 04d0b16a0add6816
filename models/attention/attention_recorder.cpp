#include "models/attention/attention_recorder.h"

#include <algorithm>
#include <map>
#include <stdexcept>

namespace heed {
namespace {

// Maps [B, H, T, S] of one layer, one below the other.
at::Tensor concatenate_queries(const std::vector<at::Tensor>& maps) {
  if (maps.size() == 1) return maps.front();
  int64_t keys = 0;
  for (const auto& map : maps) keys = std::max(keys, map.size(3));
  std::vector<at::Tensor> padded;
  for (const auto& map : maps) padded.push_back(at::constant_pad_nd(map, {0, keys - map.size(3)}));
  return at::cat(padded, 2);
}

}  // namespace

void AttentionRecorder::on_weights(const LayerId& layer_id, const at::Tensor& weights,
                                   const AttentionMask& mask) {
  records_.push_back({.layer_id = layer_id, .weights = weights.detach(), .mask = mask});
}

std::vector<AttentionKind> AttentionRecorder::kinds() const {
  std::vector<AttentionKind> result;
  for (const auto kind :
       {AttentionKind::self, AttentionKind::encoder, AttentionKind::decoder, AttentionKind::cross})
    if (std::any_of(records_.begin(), records_.end(),
                    [kind](const AttentionRecord& record) { return record.layer_id.kind == kind; }))
      result.push_back(kind);
  return result;
}

at::Tensor AttentionRecorder::stacked(AttentionKind kind) const {
  std::map<int64_t, std::vector<at::Tensor>> maps;  // by layer
  for (const auto& record : records_)
    if (record.layer_id.kind == kind) maps[record.layer_id.layer].push_back(record.weights);
  if (maps.empty()) throw std::logic_error("no " + to_string(kind) + "-attention was recorded");
  std::vector<at::Tensor> layers;
  for (const auto& layer : maps) layers.push_back(concatenate_queries(layer.second));
  return at::stack(layers);
}

at::Tensor AttentionRecorder::allowed(AttentionKind kind) const {
  std::vector<at::Tensor> rows;  // of the first layer
  for (const auto& record : records_) {
    if (record.layer_id != LayerId{.kind = kind, .layer = 0}) continue;
    const auto& weights = record.weights;
    rows.push_back(allowed_keys(record.mask, weights.size(2), weights.size(3), weights.device()));
  }
  if (rows.empty()) throw std::logic_error("no " + to_string(kind) + "-attention was recorded");
  return concatenate_queries(rows);
}

}  // namespace heed
