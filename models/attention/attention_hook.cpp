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

AttentionResult AttentionSite::shown(AttentionResult attended, const AttentionScope& scope) const {
  if (!probe) return attended;
  if (probe->wants_weights()) probe->on_weights(place, attended.weights, scope);
  attended.output = probe->on_outputs(place, attended.output);
  return attended;
}

}  // namespace heed
