#pragma once

#include <cstdint>

#include "models/fused/kernels/instruction_set.h"

namespace heed {

/// How the query or key [H, K] of one position is prepared for its scores: each head's is
/// divided by its root mean square, times a number per head, rotated by its position's angles.
struct QkNormRope {
  int64_t heads;    ///< H
  int64_t width;    ///< K, even where it is rotated
  bool normalised;  ///< x / sqrt(mean of squares + epsilon)
  float epsilon;
  const float* scale;  ///< [H]; null: 1
  /// [K] each, for the pair (2i, 2i + 1) the cosine twice, and minus the sine and the sine. Null:
  /// it is not rotated.
  const float *cosine, *sine;
};

struct QkNormRopeKernels {
  /// from, to [H, K]; inverses [H] receives 1 / root mean square.
  void (*forward)(const QkNormRope& parameters, const float* from, float* to, float* inverses);

  /// The gradient of `from`, and that of `scale`, if there is one, added to scale_gradient [H].
  void (*backward)(const QkNormRope& parameters, const float* outer, const float* from,
                   const float* inverses, float* gradient, float* scale_gradient);
};

HEED_KERNEL_FAMILY(QkNormRopeKernels, qk_norm_rope_kernels)

}  // namespace heed
