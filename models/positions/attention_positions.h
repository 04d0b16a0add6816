#pragma once

#include <ATen/ATen.h>
#include <torch/nn/module.h>

#include "models/attention/attention_function.h"

namespace heed {

/// The angles by which positions rotate the pairs of dimensions (2i, 2i + 1) of queries and keys.
struct Rotation {
  at::Tensor cosine = {};  ///< [T, K], each twice
  at::Tensor sine = {};    ///< [T, K], minus the sine and the sine
};

/// How order is told inside a self-attention layer, by the kinds of position that act there and not
/// on the layer's input. Each layer has its own.
class AttentionPositions : public torch::nn::Module {
 public:
  /// Queries or keys [..., T, K] of the positions start, start + 1 ... -> the same shape. What it
  /// returns of a key is kept in the cache of incremental decoding.
  virtual at::Tensor rotate(const at::Tensor& heads, int64_t start) const;

  /// Whether `rotate` is all it does, and does it by the angles of `rotation`, of the positions
  /// from 0 to length - 1, float32.
  virtual bool is_rotation() const { return false; }
  virtual Rotation rotation(int64_t length) const;

  /// Adds what the scores depend on besides query and key. `input` holds query [..., H, T, K] and
  /// key [..., H, S, K], rotated; query t stands at key number first_query + t.
  virtual void add_position_bias(AttentionInput& input, int64_t first_query) const;
};

}  // namespace heed
