#include "models/layers/layer_norm.h"

#include <torch/csrc/autograd/custom_function.h>

#include <stdexcept>

#include "models/fused/fused.h"
#include "models/fused/fused_layer_norm.h"

namespace heed {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

// x [..., D], n = (x - mean) / s with s = sqrt(variance + epsilon), y = n * weight.
// With g = dL/dy * weight, the chain rule through n, its mean and its variance gives
//   dL/dx = (g - mean(g) - n * mean(g * n)) / s,    means over D;
// the weight gathers dL/dy * n over all rows. Left to autograd, the same takes several times as
// long.
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

const std::vector<std::string>& norm_types() {
  static const std::vector<std::string> names = {"layer", "rms"};
  return names;
}

LayerNormImpl::LayerNormImpl(int64_t width, bool use_bias, const std::string& type, double epsilon)
    : centred_(type == "layer"), epsilon_(epsilon) {
  if (!centred_ && type != "rms")
    throw std::invalid_argument("there is no norm \"" + type + "\"; known are: layer, rms");
  weight = register_parameter("weight", at::ones({width}));
  if (use_bias && centred_) bias = register_parameter("bias", at::zeros({width}));
}

at::Tensor LayerNormImpl::forward(const at::Tensor& input) {
  if (supports_fused(input, weight, bias) && input.numel() > 0 && input.size(-1) == weight.size(0))
    return fused_layer_norm(input, weight, bias, centred_, epsilon_);
  if (!centred_) return rms_normalised(input, epsilon_) * weight;
  const auto scaled = ScaledNorm::apply(input, weight, epsilon_);
  return bias.defined() ? scaled + bias : scaled;
}

void LayerNormImpl::forward_row(const float* input, float* output) const {
  fused_layer_norm_row(input, weight, bias, centred_, epsilon_, output);
}

}  // namespace heed
