#pragma once

#include <ATen/ATen.h>

#include <cstdint>

#include "models/attention_input.h"
#include "models/fused/kernels/qk_norm_rope.h"

namespace heed {

constexpr float head_norm_epsilon = 1e-5f;  // as in rms_normalised()

/// Normalises, scales and rotates one position's queries and keys: rows [3 D], contiguous, with the
/// queries, keys and values of all heads side by side.
class QkNormRopeRow {
 public:
  /// The options must outlive it.
  QkNormRopeRow(const QkNormRopeOptions& options, int64_t width)
      : options_(options), width_(width) {}

  /// inverses [2 H] receives 1 / root mean square of each head's query and key, for backward().
  void forward(int64_t position, const float* from, float* to, float* inverses) const;

  /// From `outer`, the gradient of the output, the gradient of the input `from`; `gradient` may be
  /// `outer`. The gradient of query_scale [H], if there is one, is added to scale_gradient.
  void backward(int64_t position, const float* outer, const float* from, const float* inverses,
                float* gradient, float* scale_gradient) const;

 private:
  QkNormRope parameters(int64_t position, int64_t part) const;

  const QkNormRopeOptions& options_;
  int64_t width_;  // D
};

}  // namespace heed
