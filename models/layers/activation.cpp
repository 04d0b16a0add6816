#include "models/layers/activation.h"

#include <stdexcept>

namespace heed {

at::Tensor activate(Activation activation, const at::Tensor& input) {
  if (auto output = fused::try_activation(input, activation)) return *output;
  switch (activation) {
    case Activation::gelu:
      return at::gelu(input);
    case Activation::relu:
      return at::relu(input);
    case Activation::squared_relu:
      return at::relu(input).square();
  }
  throw std::logic_error("no such activation");
}

}  // namespace heed
