#pragma once

#include <ATen/ATen.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <limits>
#include <memory>

#include "models/attention_input.h"
#include "models/registry.h"

namespace heed {

/// Positional encoding that is added to a transformer's input.
class PositionalEncoding : public torch::nn::Module {
 public:
  /// embedded [B, T, D], whose first position is number `start` of its sequence -> [B, T, D].
  virtual at::Tensor forward(const at::Tensor& embedded, int64_t start = 0) = 0;

  /// How many positions it has; a longer sequence throws std::invalid_argument.
  virtual int64_t max_positions() const { return std::numeric_limits<int64_t>::max(); }
};

/// Leaves the input as it is.
class NoPositions : public PositionalEncoding {
 public:
  at::Tensor forward(const at::Tensor& embedded, int64_t) override { return embedded; }
};

/// Positional encoding inside a self-attention layer. Each layer has its own.
class AttentionPositions : public torch::nn::Module {
 public:
  /// Queries or keys [..., T, K] of the positions start, start + 1 ... -> the same shape.
  /// Incremental decoding caches rotated keys.
  virtual at::Tensor rotate(const at::Tensor& heads, int64_t start) const;

  /// Whether `rotate` is all it does, by the angles of `rotation`: float32, at least the positions
  /// from 0 to length - 1.
  virtual bool is_rotation() const { return false; }
  virtual Rotation rotation(int64_t length) const;

  /// Adds the terms of the scores that depend on positions. `input` holds rotated queries
  /// [..., H, T, K] and keys [..., H, S, K]; query t has the position of key first_query + t.
  virtual void add_position_bias(AttentionInput& input, int64_t first_query) const;
};

/// One kind of positional encoding: one file each under models/positions/. A kind acts on the input
/// or inside each self-attention layer.
class PositionKind {
 public:
  virtual ~PositionKind() = default;

  /// For a width D and the longest length seen in training. Never null.
  virtual std::shared_ptr<PositionalEncoding> build(int64_t width, int64_t max_length) const;

  /// For one self-attention layer of H heads of width K; null for kinds that act on the input.
  /// Throws std::invalid_argument for a width that the kind cannot use.
  virtual std::shared_ptr<AttentionPositions> build_for_attention(int64_t heads,
                                                                  int64_t head_width) const;
};

using PositionRegistry = Registry<PositionKind>;

/// The sinusoidal table [length, width]: PE(p, 2i) = sin(p / 10000^(2i/D)), PE(p, 2i+1) = cos(the
/// same) (1706.03762, section 3.5), for positions start to start + length - 1, which may be
/// negative. An odd width ends on a sine.
at::Tensor sinusoidal_table(int64_t length, int64_t width, int64_t start = 0,
                            const at::TensorOptions& options = at::kFloat);

}  // namespace heed
