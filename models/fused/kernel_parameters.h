#pragma once

#include <stdexcept>

#include "models/dispatch.h"
#include "models/fused/kernels/activation.h"
#include "models/fused/kernels/layer_norm.h"
#include "models/fused/tensor_access.h"

namespace heed {

/// A norm for its kernels. The tensors must outlive it.
inline LayerNormRows make_norm_rows(const fused::Norm& norm) {
  return {.width = norm.weight.size(0),
          .centred = norm.centred,
          .epsilon = static_cast<float>(norm.epsilon),
          .weight = data(norm.weight),
          .bias = data(norm.bias)};
}

inline ActivationKernel activation_kernel(Activation activation) {
  switch (activation) {
    case Activation::gelu:
      return activation_kernels().gelu;
    case Activation::relu:
      return activation_kernels().relu;
    case Activation::squared_relu:
      return activation_kernels().squared_relu;
  }
  throw std::logic_error("an activation without a kernel");
}

}  // namespace heed
