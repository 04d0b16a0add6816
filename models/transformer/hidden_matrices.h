#pragma once

#include <ATen/ATen.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <vector>

namespace heed {

/// A weight inside a layer: one matrix, or several stacked ones that belong to separate products,
/// such as an attention's W_Q, W_K and W_V, or the gates of a recurrent layer.
struct HiddenMatrix {
  at::Tensor weight;    ///< [stacked R, C], the parameter itself
  int64_t stacked = 1;  ///< how many matrices [R, C] it holds
};

/// The weights of attention, of feed-forward networks and of recurrent layers anywhere in `module`:
/// they map one layer's states to another's. Embeddings, position tables and output layers, whose
/// rows belong to tokens, are not included.
std::vector<HiddenMatrix> hidden_matrices(const torch::nn::Module& module);

}  // namespace heed
