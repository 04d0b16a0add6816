#include "models/attention/attention_hook.h"

namespace heed {

std::string to_string(AttentionKind kind) {
  switch (kind) {
    case AttentionKind::encoder:
      return "encoder";
    case AttentionKind::decoder:
      return "decoder";
    case AttentionKind::cross:
      return "cross";
    default:
      return "self";
  }
}

AttentionResult HookPoint::run_hook(AttentionResult attended, const AttentionMask& mask) const {
  if (!hook) return attended;
  if (hook->wants_weights()) hook->on_weights(layer_id, attended.weights, mask);
  attended.output = hook->on_head_outputs(layer_id, attended.output);
  return attended;
}

}  // namespace heed
