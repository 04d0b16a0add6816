#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

#include "models/fused/kernel_parameters.h"
#include "models/fused/operators.h"

namespace heed {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

// contiguous input; statistics [N, 2]
at::Tensor normalise_rows(const at::Tensor& input, const LayerNormRows& norm,
                          at::Tensor& statistics) {
  const int64_t width = norm.width, rows = input.numel() / width;
  auto output = at::empty_like(input);
  statistics = at::empty({rows, 2}, input.options());
  const auto* x = data(input);
  auto *y = output.mutable_data_ptr<float>(), *s = statistics.mutable_data_ptr<float>();
  parallel_for(rows, 1 + 20'000 / width, [&](int64_t begin, int64_t end) {
    layer_norm_kernels().forward(norm, x + begin * width, end - begin, y + begin * width,
                                 s + 2 * begin);
  });
  return output;
}

// The gradients of weight and bias are summed over blocks of this many rows, and the sums added in
// order, so that the result does not depend on the number of threads.
constexpr int64_t norm_block_rows = 64;

struct FusedLayerNorm : torch::autograd::Function<FusedLayerNorm> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& any_input,
                            const at::Tensor& weight, const OptionalTensor& optional_bias,
                            bool centred, double epsilon) {
    const auto input = any_input.contiguous();
    at::Tensor statistics;
    const auto bias = or_undefined(optional_bias);
    const auto norm = make_norm_rows({weight, bias, centred, epsilon});
    const auto output = normalise_rows(input, norm, statistics);
    context->save_for_backward({input, weight, statistics});
    context->saved_data["bias"] = bias.defined();
    context->saved_data["centred"] = centred;
    return output;
  }

  static tensor_list backward(AutogradContext* context, tensor_list gradients) {
    const auto saved = context->get_saved_variables();
    const auto &input = saved[0], &weight = saved[1], &statistics = saved[2];
    const bool has_bias = context->saved_data["bias"].toBool();
    const auto norm =
        make_norm_rows({weight, {}, context->saved_data["centred"].toBool(), /*epsilon=*/0});
    const int64_t width = norm.width, rows = input.numel() / width;
    const int64_t blocks = (rows + norm_block_rows - 1) / norm_block_rows;
    const auto outer = gradients[0].contiguous();
    auto input_gradient = at::empty_like(input);
    auto sums = at::zeros({has_bias ? 2 : 1, blocks, width}, input.options());
    auto* dx = input_gradient.mutable_data_ptr<float>();
    auto* dweight = sums.mutable_data_ptr<float>();
    parallel_for(blocks, 1 + 20'000 / (norm_block_rows * width), [&](int64_t begin, int64_t end) {
      for (int64_t block = begin; block < end; ++block) {
        const int64_t first = block * norm_block_rows,
                      count = std::min(norm_block_rows, rows - first);
        layer_norm_kernels().backward(norm, data(outer) + first * width,
                                      data(input) + first * width, data(statistics) + 2 * first,
                                      count, nullptr, dx + first * width, dweight + block * width,
                                      has_bias ? dweight + (blocks + block) * width : nullptr);
      }
    });
    const auto totals = sums.sum(1);  // [1 or 2, D]
    return {input_gradient, totals[0], has_bias ? totals[1] : at::Tensor(), {}, {}};
  }
};

}  // namespace

at::Tensor fused_layer_norm(const at::Tensor& input, const fused::Norm& norm) {
  at::Tensor statistics;
  if (!at::GradMode::is_enabled())
    return normalise_rows(input.contiguous(), make_norm_rows(norm), statistics);
  return FusedLayerNorm::apply(input, norm.weight, to_optional(norm.bias), norm.centred,
                               norm.epsilon);
}

}  // namespace heed
