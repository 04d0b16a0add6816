#pragma once

#include <ATen/ATen.h>

namespace heed {

/// A copy of the state of LibTorch's default generator on the CPU: [n] uint8.
at::Tensor generator_state();
void restore_generator(const at::Tensor& state);

}  // namespace heed
