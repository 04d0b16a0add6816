#pragma once

#include <cstdint>

#include "models/fused/kernels/instruction_set.h"

namespace heed {

/// Element by element: output = f(input) and, unless `derivative` is null, derivative = f'(input).
/// Either may overwrite the input. On the calling thread.
using ActivationKernel = void (*)(const float* input, int64_t count, float* output,
                                  float* derivative);

struct ActivationKernels {
  ActivationKernel gelu;          ///< x Phi(x), the exact form, within 5e-7 |x|
  ActivationKernel relu;          ///< max(x, 0)
  ActivationKernel squared_relu;  ///< max(x, 0)^2

  /// gradient *= derivative
  void (*multiply)(const float* derivative, int64_t count, float* gradient);
};

HEED_KERNEL_FAMILY(ActivationKernels, activation_kernels)

}  // namespace heed
