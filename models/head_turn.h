#pragma once

#include <ATen/ATen.h>

#include <cstdint>

#include "models/attention_positions.h"

namespace heed {

constexpr float head_norm_epsilon = 1e-5f;  // as of rms_normalised

struct HeadTurnOptions {
  int64_t heads = 1;
  bool normalised = false;      ///< queries and keys divided by their root mean square
  at::Tensor query_scale = {};  ///< [H], a factor of each head's queries; undefined: 1
  Rotation rotation = {};       ///< undefined: none
};

/// Queries and keys made ready for their scores: projected [B, T, 3 D], the queries, keys and
/// values of all heads side by side, -> the same, with values as they were. float32 on a CPU.
at::Tensor fused_head_turn(const at::Tensor& projected, const HeadTurnOptions& options);

}  // namespace heed
