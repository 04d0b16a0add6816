#include "models/layers/linear.h"

#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/custom_function.h>

#include <optional>
#include <vector>

#include "models/fused/fused.h"
#include "models/fused/kernels/linear.h"
#include "models/fused/kernels/parallel.h"
#include "models/fused/packed_linear.h"
#include "models/fused/row_blocks.h"

namespace heed {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

// Fewer rows than these do not pay for packing the weight.
constexpr int64_t few_rows = 4;

// [..., in] -> [N, in] in one piece
at::Tensor flatten_rows(const at::Tensor& input) {
  return input.reshape({-1, input.size(-1)}).contiguous();
}

std::vector<int64_t> output_sizes(const at::Tensor& input, const at::Tensor& weight) {
  auto sizes = input.sizes().vec();
  sizes.back() = weight.size(0);
  return sizes;
}

// input [N, in] in one piece -> [N, out]
at::Tensor run_forward(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias,
                       bool bf16) {
  const int64_t rows = input.size(0), in = input.size(1), out = weight.size(0);
  auto output = at::empty({rows, out}, input.options());
  const auto* x = data(input);
  auto* y = output.mutable_data_ptr<float>();
  if (rows <= few_rows) {
    const auto row = linear_kernels().row;
    for (int64_t i = 0; i < rows; ++i)
      parallel_for(out, 1 + 500'000 / in, [&](int64_t begin, int64_t end) {
        row(x + i * in, data(weight), data(bias), in, begin, end, y + i * out + begin);
      });
    return output;
  }
  const auto packed = make_packed_linear(weight, bias, bf16);
  packed->prepare_forward();
  RowBlocks(rows, in * out).each([&](int64_t, int64_t first, int64_t count) {
    packed->forward(x + first * in, count, y + first * out, /*add=*/false);
  });
  return output;
}

// y = x W^T + b. With dy for the gradient of the loss by y: dx = dy W, dW = dy^T x, db = the sum of
// dy's rows.
struct LinearFunction : torch::autograd::Function<LinearFunction> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& input,
                            const at::Tensor& weight, const std::optional<at::Tensor>& bias,
                            bool bf16) {
    const auto rows = flatten_rows(input);
    context->save_for_backward({rows, weight, bias.value_or(at::Tensor())});
    context->saved_data["bf16"] = bf16;
    context->saved_data["sizes"] = input.sizes();
    return run_forward(rows, weight, bias.value_or(at::Tensor()), bf16)
        .view(output_sizes(input, weight));
  }

  static tensor_list backward(AutogradContext* context, tensor_list gradients) {
    const auto saved = context->get_saved_variables();
    const auto &input = saved[0], &weight = saved[1];
    const int64_t rows = input.size(0), in = input.size(1), out = weight.size(0);
    const auto packed = make_packed_linear(weight, {}, context->saved_data["bf16"].toBool());
    const auto outer = gradients[0].contiguous();
    const auto* dy = data(outer);
    tensor_list result(4);  // by forward's arguments
    if (context->needs_input_grad(0)) {
      result[0] = at::empty(context->saved_data["sizes"].toIntVector(), input.options());
      auto* dx = result[0].mutable_data_ptr<float>();
      packed->prepare_backward();
      RowBlocks(rows, in * out).each([&](int64_t, int64_t first, int64_t count) {
        packed->input_gradient(dy + first * out, count, dx + first * in);
      });
    }
    if (context->needs_input_grad(1)) {
      result[1] = weight_gradient(*packed, outer.view({rows, out}), input);
    }
    result[2] = bias_gradient(saved[2], outer.view({rows, out}));
    return result;
  }
};

bool fits(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias) {
  return input.dim() >= 1 && weight.dim() == 2 && input.size(-1) == weight.size(1) &&
         input.numel() > 0 && weight.is_contiguous() &&
         (!bias.defined() || (bias.is_contiguous() && bias.sizes() == weight.sizes().slice(0, 1)));
}

}  // namespace

at::Tensor linear(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias) {
  if (!supports_fused(input, weight, bias) || !fits(input, weight, bias))
    return at::linear(input, weight, bias);
  const bool bf16 = compute_options().bfloat16_products && bfloat16_products_available();
  if (!at::GradMode::is_enabled())
    return run_forward(flatten_rows(input), weight, bias, bf16).view(output_sizes(input, weight));
  return LinearFunction::apply(input, weight, bias.defined() ? std::optional(bias) : std::nullopt,
                               bf16);
}

}  // namespace heed
