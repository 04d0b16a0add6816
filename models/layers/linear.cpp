#include "models/layers/linear.h"

#include "models/dispatch.h"

namespace heed {

at::Tensor linear(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias) {
  if (auto output = fused::try_linear(input, {weight, bias})) return *output;
  return at::linear(input, weight, bias);
}

}  // namespace heed
