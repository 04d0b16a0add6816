#pragma once

#include <cstdint>

#include "models/kernels/instruction_set.h"

namespace heed {

/// Layer norm of rows [N, D] (models/layer_norm.h), on the calling thread. `gain` and `bias` [D];
/// bias may be null. statistics [N, 2]: each row's mean and 1 / standard deviation.
struct LayerNormKernels {
  void (*forward)(const float* input, const float* gain, const float* bias, int64_t rows,
                  int64_t width, float epsilon, float* output, float* statistics);

  /// The gradient of the input, and those of gain and bias added to what their [D] hold.
  void (*backward)(const float* outer, const float* input, const float* statistics,
                   const float* gain, int64_t rows, int64_t width, float* input_gradient,
                   float* gain_gradient, float* bias_gradient);
};

HEED_KERNEL_FAMILY(LayerNormKernels, layer_norm_kernels)

}  // namespace heed
