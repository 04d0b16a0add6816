#pragma once

#include <ATen/ATen.h>
#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include <string>
#include <vector>

namespace heed {

/// x / sqrt(mean of squares + epsilon) over the last dimension (1910.07467).
at::Tensor rms_normalised(const at::Tensor& input, double epsilon = 1e-5);

/// The names of what a norm layer may do.
const std::vector<std::string>& norm_types();

/// Normalisation over the last dimension. "layer" (Ba et al. 2016, 1607.06450):
/// (x - mean) / sqrt(variance + epsilon) * weight + bias, the variance with the divisor D.
/// "rms" (1910.07467): x / sqrt(mean of squares + epsilon) * weight; it has no bias.
class LayerNormImpl : public torch::nn::Module {
 public:
  /// Throws std::invalid_argument for an unknown type.
  explicit LayerNormImpl(int64_t width, bool use_bias = true, const std::string& type = "layer",
                         double epsilon = 1e-5);
  at::Tensor forward(const at::Tensor& input);  // [..., D] -> [..., D]

  bool centred() const { return centred_; }
  double epsilon() const { return epsilon_; }

  /// Of one row [D] by kernels, float32 on a CPU, without gradients; the output may be the input.
  void forward_row(const float* input, float* output) const;

  at::Tensor weight;  ///< [D], starts at one
  at::Tensor bias;    ///< [D], starts at zero; undefined without bias

 private:
  bool centred_;
  double epsilon_;
};
TORCH_MODULE(LayerNorm);

}  // namespace heed
