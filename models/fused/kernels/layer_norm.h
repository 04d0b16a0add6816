#pragma once

#include <cstdint>

#include "models/fused/kernels/instruction_set.h"

namespace heed {

/// A norm over rows of D numbers (models/layers/layer_norm.h).
struct LayerNormRows {
  int64_t width;        ///< D
  bool centred;         ///< the mean is taken off first
  float epsilon;        ///< added to the variance, or to the mean of squares
  const float* weight;  ///< [D]
  const float* bias;    ///< [D]; null: none
};

/// On the calling thread. statistics [N, 2]: each row's mean, or 0, and 1 / standard deviation.
struct LayerNormKernels {
  void (*forward)(const LayerNormRows& norm, const float* input, int64_t rows, float* output,
                  float* statistics);

  /// The gradient of the input on top of `added` (null: nothing; it may be the same place), and
  /// those of weight and bias added to what their [D] hold; the last may be null.
  void (*backward)(const LayerNormRows& norm, const float* outer, const float* input,
                   const float* statistics, int64_t rows, const float* added, float* input_gradient,
                   float* weight_gradient, float* bias_gradient);
};

HEED_KERNEL_FAMILY(LayerNormKernels, layer_norm_kernels)

}  // namespace heed
