#pragma once

#include <fmt/format.h>

#include <compare>
#include <cstdint>
#include <string>

#include "models/attention/attention_hook.h"

namespace heed {

/// One head of a model.
struct HeadId {
  LayerId layer_id = {};
  int64_t head = 0;
  auto operator<=>(const HeadId&) const = default;
};

/// The kind that to_string() calls so; self for any other name.
inline AttentionKind kind_named(const std::string& name) {
  for (const auto kind : {AttentionKind::encoder, AttentionKind::decoder, AttentionKind::cross})
    if (to_string(kind) == name) return kind;
  return AttentionKind::self;
}

/// "L0", and of an encoder-decoder model "cross L0".
inline std::string to_string(const LayerId& layer_id) {
  return layer_id.kind == AttentionKind::self
             ? fmt::format("L{}", layer_id.layer)
             : fmt::format("{} L{}", to_string(layer_id.kind), layer_id.layer);
}

/// "L0 H2"
inline std::string to_string(const HeadId& head) {
  return fmt::format("{} H{}", to_string(head.layer_id), head.head);
}

}  // namespace heed
