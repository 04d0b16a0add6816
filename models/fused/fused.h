#pragma once

#include <ATen/ATen.h>

#include "models/fused/compute.h"

namespace heed {

/// Whether heed's own kernels take these: float32 on a CPU, and compute_options() say so. An
/// undefined tensor is no obstacle.
template <class... Tensors>
bool supports_fused(const Tensors&... tensors) {
  const auto supports = [](const at::Tensor& t) {
    return !t.defined() || (t.scalar_type() == at::kFloat && t.is_cpu());
  };
  return compute_options().fused && (supports(tensors) && ...);
}

/// The numbers of a tensor in one piece, for a kernel; null where it is undefined.
inline const float* data(const at::Tensor& t) {
  return t.defined() ? t.const_data_ptr<float>() : nullptr;
}

}  // namespace heed
