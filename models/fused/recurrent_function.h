#pragma once

#include <ATen/ATen.h>

#include "models/recurrent/recurrent.h"

namespace heed {

/// Whether the kernels serve: float32 on a CPU, no autocast, and compute_options() say so.
bool supports_recurrent_kernels(const at::Tensor& input, const RecurrentParameters& parameters,
                                const RecurrentState& initial);

/// RecurrentLayer::forward by kernels, with its gradients by hand, whose shapes and lengths have
/// been checked: input [T, B, D_in], `initial` with all that the cell has, lengths [B] or
/// undefined. A second derivative throws std::logic_error.
RecurrentLayerOutput fused_recurrent(CellKind cell, const RecurrentParameters& parameters,
                                     const at::Tensor& input, const RecurrentState& initial,
                                     const at::Tensor& lengths);

/// RecurrentLayer::step of a few rows by kernels, without gradients: input [B, D_in].
RecurrentState fused_recurrent_step(CellKind cell, const RecurrentParameters& parameters,
                                    const at::Tensor& input, const RecurrentState& state);

/// Up to so many rows a step of them is faster than LibTorch's products.
constexpr int64_t few_rows = 8;

}  // namespace heed
