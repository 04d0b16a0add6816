#include "models/layer_norm.h"

#include <torch/csrc/autograd/custom_function.h>

namespace heed {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

// x [..., D], n = (x - mean) / s with s = sqrt(variance + epsilon), y = n * gain.
// With g = dL/dy * gain, the chain rule through n, its mean and its variance gives
//   dL/dx = (g - mean(g) - n * mean(g * n)) / s,    means over D;
// the gain gathers dL/dy * n over all rows. Left to autograd, the same takes several times as long.
struct ScaledNorm : torch::autograd::Function<ScaledNorm> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& input,
                            const at::Tensor& gain, double epsilon) {
    const auto centred = input - input.mean(-1, /*keepdim=*/true);  // [..., D]
    const auto inverse =
        (centred.square().mean(-1, /*keepdim=*/true) + epsilon).rsqrt();  // [..., 1]
    const auto normalised = centred * inverse;                            // [..., D]
    context->save_for_backward({normalised, inverse, gain});
    return normalised * gain;
  }

  static tensor_list backward(AutogradContext* context, tensor_list gradients) {
    const auto saved = context->get_saved_variables();
    const auto &normalised = saved[0], &inverse = saved[1], &gain = saved[2];
    const auto& outer = gradients[0];         // [..., D]
    const auto product = outer * normalised;  // [..., D]
    const int64_t width = gain.size(0);
    const auto mean = at::matmul(outer, gain).unsqueeze(-1) / width;     // [..., 1]
    const auto slope = at::matmul(product, gain).unsqueeze(-1) / width;  // [..., 1]
    return {(outer * gain - mean - normalised * slope) * inverse,        // input
            product.reshape({-1, width}).sum(0), at::Tensor()};          // gain
  }
};

}  // namespace

LayerNormImpl::LayerNormImpl(int64_t width, bool use_bias, double epsilon) : epsilon_(epsilon) {
  gain = register_parameter("gain", at::ones({width}));
  if (use_bias) bias = register_parameter("bias", at::zeros({width}));
}

at::Tensor LayerNormImpl::forward(const at::Tensor& input) {
  const auto scaled = ScaledNorm::apply(input, gain, epsilon_);
  return bias.defined() ? scaled + bias : scaled;
}

}  // namespace heed
