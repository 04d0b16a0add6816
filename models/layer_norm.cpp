#include "models/layer_norm.h"

#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

#include "models/fused.h"
#include "models/kernels/layer_norm.h"
#include "models/kernels/parallel.h"

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

const float* numbers(const at::Tensor& t) {
  return t.defined() ? t.const_data_ptr<float>() : nullptr;
}

// Rows whose share of the gradients of gain and bias is gathered in one place. The places are then
// added up in order, so that the result does not rest on the number of threads.
constexpr int64_t block_rows = 64;

int64_t blocks_of(int64_t rows) { return (rows + block_rows - 1) / block_rows; }

/// The same by heed's kernels, the bias with it: a pass over the rows each way.
struct FusedLayerNorm : torch::autograd::Function<FusedLayerNorm> {
  // input in one piece; statistics [N, 2]
  static at::Tensor compute(const at::Tensor& input, const at::Tensor& gain, const at::Tensor& bias,
                            double epsilon, at::Tensor& statistics) {
    const int64_t width = gain.size(0), rows = input.numel() / width;
    auto output = at::empty_like(input);
    statistics = at::empty({rows, 2}, input.options());
    const auto* x = numbers(input);
    auto *y = output.mutable_data_ptr<float>(), *s = statistics.mutable_data_ptr<float>();
    parallel_for(rows, 1 + 20'000 / width, [&](int64_t begin, int64_t end) {
      layer_norm_kernels().forward(norm, x + begin * width, end - begin, y + begin * width,
                                   s + 2 * begin);
    });
    return output;
  }

  static at::Tensor forward(AutogradContext* context, const at::Tensor& any_input,
                            const at::Tensor& gain, const std::optional<at::Tensor>& bias,
                            double epsilon) {
    const auto input = any_input.contiguous();
    at::Tensor statistics;
    const auto output = compute(input, gain, bias.value_or(at::Tensor()), epsilon, statistics);
    context->save_for_backward({input, gain, statistics});
    context->saved_data["bias"] = bias.has_value();
    return output;
  }

  static tensor_list backward(AutogradContext* context, tensor_list gradients) {
    const auto saved = context->get_saved_variables();
    const auto &input = saved[0], &gain = saved[1], &statistics = saved[2];
    const bool has_bias = context->saved_data["bias"].toBool();
    const int64_t width = gain.size(0), rows = input.numel() / width, blocks = blocks_of(rows);
    const auto outer = gradients[0].contiguous();
    auto input_gradient = at::empty_like(input);
    auto sums = at::zeros({has_bias ? 2 : 1, blocks, width}, input.options());
    auto* dx = input_gradient.mutable_data_ptr<float>();
    auto* dgain = sums.mutable_data_ptr<float>();
    parallel_for(blocks, 1 + 20'000 / (block_rows * width), [&](int64_t begin, int64_t end) {
      for (int64_t block = begin; block < end; ++block) {
        const int64_t first = block * block_rows, count = std::min(block_rows, rows - first);
        layer_norm_kernels().backward(
            numbers(outer) + first * width, numbers(input) + first * width,
            numbers(statistics) + 2 * first, numbers(gain), count, width, dx + first * width,
            dgain + block * width, has_bias ? dgain + (blocks + block) * width : nullptr);
      }
    });
    const auto totals = sums.sum(1);  // [1 or 2, D]
    return {input_gradient, totals[0], has_bias ? totals[1] : at::Tensor(), at::Tensor()};
  }
};

}  // namespace

LayerNormImpl::LayerNormImpl(int64_t width, bool use_bias, double epsilon) : epsilon_(epsilon) {
  gain = register_parameter("gain", at::ones({width}));
  if (use_bias) bias = register_parameter("bias", at::zeros({width}));
}

at::Tensor LayerNormImpl::forward(const at::Tensor& input) {
  if (fused_serves(input, gain, bias) && input.numel() > 0 && input.size(-1) == gain.size(0)) {
    at::Tensor statistics;
    if (!at::GradMode::is_enabled())
      return FusedLayerNorm::compute(input.contiguous(), gain, bias, epsilon_, statistics);
    return FusedLayerNorm::apply(input, gain, bias.defined() ? std::optional(bias) : std::nullopt,
                                 epsilon_);
  }
  const auto scaled = ScaledNorm::apply(input, gain, epsilon_);
  return bias.defined() ? scaled + bias : scaled;
}

}  // namespace heed
