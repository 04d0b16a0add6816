#pragma once

#include <ATen/ATen.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <limits>
#include <memory>

#include "models/positions/attention_positions.h"
#include "models/registry.h"

namespace heed {

/// How order is told at a transformer's input.
class PositionalEncoding : public torch::nn::Module {
 public:
  /// embedded [B, T, D], whose first position is number `start` of its sequence -> [B, T, D].
  virtual at::Tensor forward(const at::Tensor& embedded, int64_t start = 0) = 0;

  /// How many positions it can tell apart; a longer sequence throws std::invalid_argument.
  virtual int64_t max_positions() const { return std::numeric_limits<int64_t>::max(); }
};

/// Leaves the input as it is.
class NoPositions : public PositionalEncoding {
 public:
  at::Tensor forward(const at::Tensor& embedded, int64_t) override { return embedded; }
};

/// One way for a transformer to learn of order: one file each under models/positions/. A kind acts
/// on the input, inside each self-attention layer, or on both.
class PositionKind {
 public:
  virtual ~PositionKind() = default;

  /// For a width D and the longest length seen in training. Never null.
  virtual std::shared_ptr<PositionalEncoding> build(int64_t width, int64_t max_length) const;

  /// For one self-attention layer of H heads of width K; null where it does nothing there. Throws
  /// std::invalid_argument for a width that it cannot serve.
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
