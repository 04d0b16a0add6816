#pragma once

#include <ATen/ATen.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/pimpl.h>

#include "models/dispatch.h"

namespace heed {

struct FeedForwardOptions {
  int64_t width = 0;   ///< D of input and output
  int64_t hidden = 0;  ///< width between the two products
  Activation activation = Activation::gelu;
  bool bias = true;
  double dropout = 0;  ///< after the activation
};

/// Position-wise feed-forward network: activation(x W1 + b1) W2 + b2 (1706.03762, equation 2).
class FeedForwardImpl : public torch::nn::Module {
 public:
  explicit FeedForwardImpl(const FeedForwardOptions& options);
  at::Tensor forward(const at::Tensor& input);  // [..., D] -> [..., D]

  torch::nn::Linear inner{nullptr};
  torch::nn::Linear outer{nullptr};

  const FeedForwardOptions& options() const { return options_; }

  /// x + FeedForward(norm(x)) for the kernels. This module and the norm must outlive it.
  fused::FeedForwardBlock block(const fused::Norm& norm) const {
    return {.norm = norm,
            .inner = {inner->weight, inner->bias},
            .outer = {outer->weight, outer->bias},
            .activation = options_.activation};
  }

 private:
  FeedForwardOptions options_;
};
TORCH_MODULE(FeedForward);

}  // namespace heed
