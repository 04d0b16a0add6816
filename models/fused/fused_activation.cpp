#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/custom_function.h>

#include "models/fused/kernel_parameters.h"
#include "models/fused/operators.h"
#include "models/fused/tensor_access.h"

namespace heed {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

// The derivative costs little beside the value; the backward pass only multiplies by it.
struct ActivationFunction : torch::autograd::Function<ActivationFunction> {
  // input contiguous; `derivative` may be null
  static at::Tensor compute(const at::Tensor& input, ActivationKernel kernel,
                            at::Tensor* derivative) {
    auto output = at::empty_like(input);
    if (derivative) *derivative = at::empty_like(input);
    const auto* x = data(input);
    auto *y = mutable_data(output), *slope = derivative ? mutable_data(*derivative) : nullptr;
    parallel_for(input.numel(), 8192, [&](int64_t begin, int64_t end) {
      kernel(x + begin, end - begin, y + begin, slope ? slope + begin : nullptr);
    });
    return output;
  }

  static at::Tensor forward(AutogradContext* context, const at::Tensor& input,
                            ActivationKernel kernel) {
    at::Tensor derivative;
    const auto output = compute(input.contiguous(), kernel, &derivative);
    context->save_for_backward({derivative});
    return output;
  }

  static tensor_list backward(AutogradContext* context, tensor_list gradients) {
    return {gradients[0] * context->get_saved_variables()[0], at::Tensor()};
  }
};

}  // namespace

at::Tensor fused_activation(const at::Tensor& input, Activation activation) {
  const auto kernel = activation_kernel(activation);
  if (!at::GradMode::is_enabled())
    return ActivationFunction::compute(input.contiguous(), kernel, nullptr);
  return ActivationFunction::apply(input, kernel);
}

}  // namespace heed
