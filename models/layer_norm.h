#pragma once

#include <ATen/ATen.h>
#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

namespace heed {

/// Layer normalisation over the last dimension (Ba et al. 2016, 1607.06450):
/// (x - mean) / sqrt(variance + epsilon) * gain + bias, the variance with the divisor D.
class LayerNormImpl : public torch::nn::Module {
 public:
  explicit LayerNormImpl(int64_t width, bool use_bias = true, double epsilon = 1e-5);
  at::Tensor forward(const at::Tensor& input);  // [..., D] -> [..., D]

  at::Tensor gain;  ///< [D], starts at one
  at::Tensor bias;  ///< [D], starts at zero; undefined without bias

 private:
  double epsilon_;
};
TORCH_MODULE(LayerNorm);

}  // namespace heed
