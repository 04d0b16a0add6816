#include "models/layer_norm.h"

namespace heed {

LayerNormImpl::LayerNormImpl(int64_t width, bool use_bias, double epsilon) : epsilon_(epsilon) {
  gain = register_parameter("gain", at::ones({width}));
  if (use_bias) bias = register_parameter("bias", at::zeros({width}));
}

at::Tensor LayerNormImpl::forward(const at::Tensor& input) {
  const auto centred = input - input.mean(-1, /*keepdim=*/true);      // [..., D]
  const auto variance = centred.square().mean(-1, /*keepdim=*/true);  // [..., 1]
  const auto normalised = centred * (variance + epsilon_).rsqrt();    // [..., D]
  return bias.defined() ? at::addcmul(bias, normalised, gain) : normalised * gain;
}

}  // namespace heed
