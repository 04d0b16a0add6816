#pragma once

#include <ATen/ATen.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <limits>
#include <memory>

#include "models/registry.h"

namespace heed {

/// How a transformer learns of order. Kinds: one file each under models/positions/.
class PositionalEncoding : public torch::nn::Module {
 public:
  /// embedded [B, T, D], whose first position is number `start` of its sequence -> [B, T, D].
  virtual at::Tensor forward(const at::Tensor& embedded, int64_t start = 0) = 0;

  /// How many positions it can tell apart; a longer sequence throws std::invalid_argument.
  virtual int64_t max_positions() const { return std::numeric_limits<int64_t>::max(); }
};

/// Makes one kind of positional encoding for a width D and the longest length seen in training.
class PositionKind {
 public:
  virtual ~PositionKind() = default;
  virtual std::shared_ptr<PositionalEncoding> build(int64_t width, int64_t max_length) const = 0;
};

using PositionRegistry = Registry<PositionKind>;

/// The sinusoidal table [length, width]: PE(p, 2i) = sin(p / 10000^(2i/D)), PE(p, 2i+1) = cos(the
/// same) (1706.03762, section 3.5), for positions start to start + length - 1. An odd width ends on
/// a sine.
at::Tensor sinusoidal_table(int64_t length, int64_t width, int64_t start = 0,
                            const at::TensorOptions& options = at::kFloat);

}  // namespace heed
