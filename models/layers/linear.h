#pragma once

#include <ATen/ATen.h>

namespace heed {

/// x W^T + b: input [..., D_in], weight [D_out, D_in], bias [D_out] or undefined -> [..., D_out].
/// Throws what at::linear throws if the shapes do not fit.
at::Tensor linear(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias = {});

}  // namespace heed
