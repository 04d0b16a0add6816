#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/custom_function.h>

#include <vector>

#include "models/fused/kernels/linear.h"
#include "models/fused/operators.h"
#include "models/fused/packed_linear.h"
#include "models/fused/row_blocks.h"
#include "models/fused/tensor_access.h"

namespace heed {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

// Packing the weight does not pay off for fewer rows than these.
constexpr int64_t max_unpacked_rows = 4;

// [..., in] -> contiguous [N, in]
at::Tensor flatten_rows(const at::Tensor& input) {
  return input.reshape({-1, input.size(-1)}).contiguous();
}

std::vector<int64_t> output_sizes(const at::Tensor& input, const at::Tensor& weight) {
  auto sizes = input.sizes().vec();
  sizes.back() = weight.size(0);
  return sizes;
}

// contiguous input [N, in] -> [N, out]
at::Tensor multiply_rows(const at::Tensor& input, const fused::Linear& linear, bool bf16) {
  const int64_t rows = input.size(0), in = input.size(1), out = linear.weight.size(0);
  auto output = at::empty({rows, out}, input.options());
  const auto* x = data(input);
  auto* y = mutable_data(output);
  if (rows <= max_unpacked_rows) {
    const auto row = linear_kernels().row;
    for (int64_t i = 0; i < rows; ++i)
      parallel_for(out, 1 + 500'000 / in, [&](int64_t begin, int64_t end) {
        row(x + i * in, data(linear.weight), data(linear.bias), in, begin, end,
            y + i * out + begin);
      });
    return output;
  }
  const auto packed = make_packed_linear(linear.weight, linear.bias, bf16);
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
                            const at::Tensor& weight, const OptionalTensor& bias, bool bf16) {
    const auto rows = flatten_rows(input), own_bias = or_undefined(bias);
    context->save_for_backward({rows, weight, own_bias});
    context->saved_data["bf16"] = bf16;
    context->saved_data["sizes"] = input.sizes();
    return multiply_rows(rows, {weight, own_bias}, bf16).view(output_sizes(input, weight));
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
      auto* dx = mutable_data(result[0]);
      packed->prepare_backward();
      RowBlocks(rows, in * out).each([&](int64_t, int64_t first, int64_t count) {
        packed->input_gradient(dy + first * out, count, dx + first * in);
      });
    }
    if (context->needs_input_grad(1))
      result[1] = weight_gradient(*packed, outer.view({rows, out}), input);
    result[2] = bias_gradient(saved[2], outer.view({rows, out}));
    return result;
  }
};

}  // namespace

at::Tensor fused_linear(const at::Tensor& input, const fused::Linear& linear, bool bf16) {
  if (!at::GradMode::is_enabled())
    return multiply_rows(flatten_rows(input), linear, bf16)
        .view(output_sizes(input, linear.weight));
  return LinearFunction::apply(input, linear.weight, to_optional(linear.bias), bf16);
}

}  // namespace heed
