#include "models/layers/layer_norm.h"

#include <torch/csrc/autograd/custom_function.h>

namespace heed {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

// x [..., D], n = (x - mean) / s with s = sqrt(variance + epsilon), y = n * weight.
// With g = dL/dy * weight, the chain rule through n, its mean and its variance gives
//   dL/dx = (g - mean(g) - n * mean(g * n)) / s,    means over D;
// the weight's gradient is the sum of dL/dy * n over all rows. Autograd takes several times as long
// for the same.
struct ScaledNorm : torch::autograd::Function<ScaledNorm> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& input,
                            const at::Tensor& weight, double epsilon) {
    const auto centred = input - input.mean(-1, /*keepdim=*/true);  // [..., D]
    const auto inverse =
        (centred.square().mean(-1, /*keepdim=*/true) + epsilon).rsqrt();  // [..., 1]
    const auto normalised = centred * inverse;                            // [..., D]
    context->save_for_backward({normalised, inverse, weight});
    return normalised * weight;
  }

  static tensor_list backward(AutogradContext* context, tensor_list gradients) {
    const auto saved = context->get_saved_variables();
    const auto &normalised = saved[0], &inverse = saved[1], &weight = saved[2];
    const auto& outer = gradients[0];         // [..., D]
    const auto product = outer * normalised;  // [..., D]
    const int64_t width = weight.size(0);
    const auto mean = at::matmul(outer, weight).unsqueeze(-1) / width;            // [..., 1]
    const auto mean_product = at::matmul(product, weight).unsqueeze(-1) / width;  // [..., 1]
    return {(outer * weight - mean - normalised * mean_product) * inverse,        // input
            product.reshape({-1, width}).sum(0), at::Tensor()};                   // weight
  }
};

// n = x / s with s = sqrt(mean(x^2) + epsilon); dL/dx = (g - n * mean(g * n)) / s with g = dL/dn.
struct RmsNorm : torch::autograd::Function<RmsNorm> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& input, double epsilon) {
    const auto inverse = (input.square().mean(-1, /*keepdim=*/true) + epsilon).rsqrt();  // [..., 1]
    const auto normalised = input * inverse;                                             // [..., D]
    context->save_for_backward({normalised, inverse});
    return normalised;
  }

  static tensor_list backward(AutogradContext* context, tensor_list gradients) {
    const auto saved = context->get_saved_variables();
    const auto &normalised = saved[0], &inverse = saved[1], &outer = gradients[0];
    const auto mean_product = (outer * normalised).mean(-1, /*keepdim=*/true);  // [..., 1]
    return {(outer - normalised * mean_product) * inverse, at::Tensor()};
  }
};

}  // namespace

at::Tensor rms_normalised(const at::Tensor& input, double epsilon) {
  return RmsNorm::apply(input, epsilon);
}

LayerNormImpl::LayerNormImpl(int64_t width, bool use_bias, NormType type, double epsilon)
    : type_(type), epsilon_(epsilon) {
  weight = register_parameter("weight", at::ones({width}));
  if (use_bias && type == NormType::layer) bias = register_parameter("bias", at::zeros({width}));
}

at::Tensor LayerNormImpl::forward(const at::Tensor& input) {
  if (auto output = fused::try_layer_norm(input, view())) return *output;
  if (type_ == NormType::rms) return rms_normalised(input, epsilon_) * weight;
  const auto scaled = ScaledNorm::apply(input, weight, epsilon_);
  return bias.defined() ? scaled + bias : scaled;
}

}  // namespace heed
