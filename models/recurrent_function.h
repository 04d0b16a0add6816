#pragma once

#include <ATen/ATen.h>

#include "models/recurrent.h"

namespace heed {

/// The parameters of a recurrent layer, as RecurrentLayer has them.
struct RecurrentParameters {
  at::Tensor weight_ih;         ///< [G D, D_in]
  at::Tensor weight_hh;         ///< [G D, D]
  at::Tensor bias_ih, bias_hh;  ///< [G D], both undefined without bias
};

/// Whether the kernels can take it: float32 on the CPU, no autocast.
bool recurrent_kernels_take(const at::Tensor& input, const RecurrentParameters& parameters,
                            const RecurrentState& initial);

/// RecurrentLayer::forward by kernels, with its gradients by hand, whose shapes and lengths have
/// been checked: input [T, B, D_in], `initial` with all that the cell has, lengths [B] or
/// undefined. A second derivative throws std::logic_error.
RecurrentLayerOutput recurrent_by_hand(CellKind cell, const RecurrentParameters& parameters,
                                       const at::Tensor& input, const RecurrentState& initial,
                                       const at::Tensor& lengths);

}  // namespace heed
