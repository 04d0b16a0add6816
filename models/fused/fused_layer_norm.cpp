#include "models/fused/fused_layer_norm.h"

#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <optional>

#include "models/fused/fused.h"
#include "models/fused/kernels/layer_norm.h"
#include "models/fused/kernels/parallel.h"

namespace heed {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

// input in one piece; statistics [N, 2]
at::Tensor run_forward(const at::Tensor& input, const LayerNormRows& norm, at::Tensor& statistics) {
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

// Rows whose share of the gradients of weight and bias is gathered in one place. The places are
// then added up in order, so that the result does not rest on the number of threads.
constexpr int64_t block_rows = 64;

struct FusedLayerNorm : torch::autograd::Function<FusedLayerNorm> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& any_input,
                            const at::Tensor& weight, const std::optional<at::Tensor>& bias,
                            bool centred, double epsilon) {
    const auto input = any_input.contiguous();
    at::Tensor statistics;
    const auto norm = norm_rows(weight, bias.value_or(at::Tensor()), centred, epsilon);
    const auto output = run_forward(input, norm, statistics);
    context->save_for_backward({input, weight, statistics});
    context->saved_data["bias"] = bias.has_value();
    context->saved_data["centred"] = centred;
    return output;
  }

  static tensor_list backward(AutogradContext* context, tensor_list gradients) {
    const auto saved = context->get_saved_variables();
    const auto &input = saved[0], &weight = saved[1], &statistics = saved[2];
    const bool has_bias = context->saved_data["bias"].toBool();
    const auto norm = norm_rows(weight, {}, context->saved_data["centred"].toBool(), /*epsilon=*/0);
    const int64_t width = norm.width, rows = input.numel() / width;
    const int64_t blocks = (rows + block_rows - 1) / block_rows;
    const auto outer = gradients[0].contiguous();
    auto input_gradient = at::empty_like(input);
    auto sums = at::zeros({has_bias ? 2 : 1, blocks, width}, input.options());
    auto* dx = input_gradient.mutable_data_ptr<float>();
    auto* dweight = sums.mutable_data_ptr<float>();
    parallel_for(blocks, 1 + 20'000 / (block_rows * width), [&](int64_t begin, int64_t end) {
      for (int64_t block = begin; block < end; ++block) {
        const int64_t first = block * block_rows, count = std::min(block_rows, rows - first);
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

LayerNormRows norm_rows(const at::Tensor& weight, const at::Tensor& bias, bool centred,
                        double epsilon) {
  return {.width = weight.size(0),
          .centred = centred,
          .epsilon = static_cast<float>(epsilon),
          .weight = data(weight),
          .bias = data(bias)};
}

at::Tensor fused_layer_norm(const at::Tensor& input, const at::Tensor& weight,
                            const at::Tensor& bias, bool centred, double epsilon) {
  at::Tensor statistics;
  if (!at::GradMode::is_enabled())
    return run_forward(input.contiguous(), norm_rows(weight, bias, centred, epsilon), statistics);
  return FusedLayerNorm::apply(input, weight, bias.defined() ? std::optional(bias) : std::nullopt,
                               centred, epsilon);
}

void fused_layer_norm_row(const float* input, const at::Tensor& weight, const at::Tensor& bias,
                          bool centred, double epsilon, float* output) {
  float statistics[2];
  layer_norm_kernels().forward(norm_rows(weight, bias, centred, epsilon), input, 1, output,
                               statistics);
}

}  // namespace heed
