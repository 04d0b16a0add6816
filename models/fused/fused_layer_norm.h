#pragma once

#include <ATen/ATen.h>

#include "models/fused/kernels/layer_norm.h"

namespace heed {

/// A norm as its kernels want it; `bias` may be undefined. The tensors must outlive it.
LayerNormRows norm_rows(const at::Tensor& weight, const at::Tensor& bias, bool centred,
                        double epsilon);

/// LayerNorm by kernels, a pass over the rows each way, gradients too: input [..., D], weight [D],
/// bias [D] or undefined. float32 on a CPU, not empty.
at::Tensor fused_layer_norm(const at::Tensor& input, const at::Tensor& weight,
                            const at::Tensor& bias, bool centred, double epsilon);

/// The same of one row [D], without gradients; the output may be the input.
void fused_layer_norm_row(const float* input, const at::Tensor& weight, const at::Tensor& bias,
                          bool centred, double epsilon, float* output);

}  // namespace heed
