#pragma once

#include <ATen/ATen.h>
#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include "models/dispatch.h"

namespace heed {

/// x / sqrt(mean of squares + epsilon) over the last dimension (1910.07467).
at::Tensor rms_normalised(const at::Tensor& input, double epsilon = 1e-5);

enum class NormType {
  layer,  ///< (x - mean) / sqrt(variance + epsilon) * weight + bias, the variance with the divisor
          ///< D (Ba et al. 2016, 1607.06450)
  rms,  ///< x / sqrt(mean of squares + epsilon) * weight, without bias (1910.07467)
};
template <>
inline constexpr auto enum_names<NormType> =
    std::to_array<EnumName<NormType>>({{"layer", NormType::layer}, {"rms", NormType::rms}});

/// Normalisation over the last dimension. Kernels or operators: both have their gradients written
/// out by hand.
class LayerNormImpl : public torch::nn::Module {
 public:
  explicit LayerNormImpl(int64_t width, bool use_bias = true, NormType type = NormType::layer,
                         double epsilon = 1e-5);
  at::Tensor forward(const at::Tensor& input);  // [..., D] -> [..., D]

  /// For the kernels. This module must outlive it.
  fused::Norm view() const { return {weight, bias, type_ == NormType::layer, epsilon_}; }

  at::Tensor weight;  ///< [D], starts at one
  at::Tensor bias;    ///< [D], starts at zero; undefined without bias

 private:
  NormType type_;
  double epsilon_;
};
TORCH_MODULE(LayerNorm);

}  // namespace heed
