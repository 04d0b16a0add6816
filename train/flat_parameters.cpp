#include "train/flat_parameters.h"

#include <algorithm>

namespace heed {

FlatParameters::FlatParameters(torch::nn::Module& module) {
  auto parameters = module.parameters();
  std::stable_sort(parameters.begin(), parameters.end(),
                   [](const auto& a, const auto& b) { return (a.dim() >= 2) > (b.dim() >= 2); });
  int64_t total = 0;
  for (const auto& parameter : parameters) {
    if (parameter.dim() >= 2) matrix_count_ += parameter.numel();
    total += parameter.numel();
  }
  const auto options = parameters.front().options().requires_grad(false);
  values_ = at::empty({total}, options);
  gradients_ = at::zeros({total}, options);
  int64_t start = 0;
  for (auto& parameter : parameters) {
    const auto view = values_.narrow(0, start, parameter.numel()).view(parameter.sizes());
    view.copy_(parameter.detach());
    parameter.set_data(view);
    parameter.mutable_grad() =
        gradients_.narrow(0, start, parameter.numel()).view(parameter.sizes());
    start += parameter.numel();
  }
}

}  // namespace heed
