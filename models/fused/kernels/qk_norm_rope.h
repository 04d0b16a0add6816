#pragma once

#include <cstdint>

#include "models/fused/kernels/instruction_set.h"

namespace heed {

/// What happens to the query or key [H, K] of one position on its way to the scores: each head's
/// divided by its root mean square, times a number a head, turned by its position's angles.
struct HeadTurn {
  int64_t heads;    ///< H
  int64_t width;    ///< K, even where it is turned
  bool normalised;  ///< x / sqrt(mean of squares + epsilon)
  float epsilon;
  const float* scale;  ///< [H]; null: 1
  /// [K] each, for the pair (2i, 2i + 1) the cosine twice, and minus the sine and the sine. Null:
  /// it is not turned.
  const float *cosine, *sine;
};

struct HeadTurnKernels {
  /// from, to [H, K]; inverses [H] receives 1 / root mean square.
  void (*forward)(const HeadTurn& turn, const float* from, float* to, float* inverses);

  /// The gradient of `from`, and that of `scale`, if there is one, added to scale_gradient [H].
  void (*backward)(const HeadTurn& turn, const float* outer, const float* from,
                   const float* inverses, float* gradient, float* scale_gradient);
};

HEED_KERNEL_FAMILY(HeadTurnKernels, head_turn_kernels)

}  // namespace heed
