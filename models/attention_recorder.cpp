#include "models/attention_recorder.h"

#include <stdexcept>

namespace heed {

std::string to_string(AttentionKind kind) { return kind == AttentionKind::self ? "self" : "cross"; }

void AttentionRecorder::record(int64_t layer, AttentionKind kind, const at::Tensor& weights) {
  records_.push_back({.layer = layer, .kind = kind, .weights = weights.detach()});
}

at::Tensor AttentionRecorder::stacked(AttentionKind kind) const {
  std::vector<at::Tensor> layers;
  for (const auto& record : records_)
    if (record.kind == kind) layers.push_back(record.weights);
  if (layers.empty()) throw std::logic_error("no " + to_string(kind) + "-attention was recorded");
  return at::stack(layers);
}

}  // namespace heed
