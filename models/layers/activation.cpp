#include "models/layers/activation.h"

#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/custom_function.h>

#include <stdexcept>

#include "models/fused/fused.h"
#include "models/fused/kernels/activation.h"
#include "models/fused/kernels/parallel.h"

namespace heed {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

// The derivative comes with the value almost for free, and is what the backward pass multiplies by.
struct FusedActivation : torch::autograd::Function<FusedActivation> {
  // input in one piece; `derivative` may be null
  static at::Tensor compute(const at::Tensor& input, ActivationKernel kernel,
                            at::Tensor* derivative) {
    auto output = at::empty_like(input);
    if (derivative) *derivative = at::empty_like(input);
    const auto* x = input.const_data_ptr<float>();
    auto* y = output.mutable_data_ptr<float>();
    auto* s = derivative ? derivative->mutable_data_ptr<float>() : nullptr;
    parallel_for(input.numel(), 8192, [&](int64_t begin, int64_t end) {
      kernel(x + begin, end - begin, y + begin, s ? s + begin : nullptr);
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

struct Curve {
  const char* name;
  at::Tensor (*reference)(const at::Tensor& input);
  ActivationKernel ActivationKernels::*kernel;
};

constexpr Curve curves[] = {
    {"gelu", [](const at::Tensor& x) { return at::gelu(x); }, &ActivationKernels::gelu},
    {"relu", [](const at::Tensor& x) { return at::relu(x); }, &ActivationKernels::relu},
    {"squared_relu", [](const at::Tensor& x) { return at::relu(x).square(); },
     &ActivationKernels::squared_relu}};

const Curve& find_curve(const std::string& name) {
  for (const auto& curve : curves)
    if (name == curve.name) return curve;
  throw std::invalid_argument("there is no activation \"" + name +
                              "\"; known are: gelu, relu, squared_relu");
}

at::Tensor fused(const at::Tensor& input, ActivationKernel kernel) {
  if (!at::GradMode::is_enabled())
    return FusedActivation::compute(input.contiguous(), kernel, nullptr);
  return FusedActivation::apply(input, kernel);
}

}  // namespace

const std::vector<std::string>& activation_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const auto& curve : curves) all.emplace_back(curve.name);
    return all;
  }();
  return names;
}

at::Tensor activate(const std::string& name, const at::Tensor& input) {
  const auto& curve = find_curve(name);
  if (!supports_fused(input) || input.numel() == 0) return curve.reference(input);
  return fused(input, activation_kernel(name));
}

ActivationKernel activation_kernel(const std::string& name) {
  return activation_kernels().*find_curve(name).kernel;
}

}  // namespace heed
