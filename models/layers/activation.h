#pragma once

#include <ATen/ATen.h>

#include <string>
#include <vector>

#include "models/fused/kernels/activation.h"

namespace heed {

/// The names that `activate` knows.
const std::vector<std::string>& activation_names();

/// relu: max(x, 0); squared_relu: its square (2109.08668); gelu: x Phi(x), the exact form
/// (1606.08415). Throws std::invalid_argument for another name.
at::Tensor activate(const std::string& name, const at::Tensor& input);

/// The kernel that computes the same.
ActivationKernel activation_kernel(const std::string& name);

}  // namespace heed
