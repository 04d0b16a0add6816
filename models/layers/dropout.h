#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <optional>

namespace heed {

/// Dropout (1207.0580) while training: a number is zero with the probability p, else divided by
/// 1 - p. Not training, or p = 0: the input.
at::Tensor with_dropout(const at::Tensor& input, double p, bool training = true);

/// Which numbers stay, 1 with the probability 1 - p, else 0, in the shape of `like`.
at::Tensor dropout_mask(const at::Tensor& like, double p);

/// While it lives, what this thread drops on the CPU follows from `seed`, and not from LibTorch's
/// default generator, which threads would take numbers from in any order.
class DropoutScope {
 public:
  explicit DropoutScope(uint64_t seed);
  ~DropoutScope();
  DropoutScope(const DropoutScope&) = delete;
  DropoutScope& operator=(const DropoutScope&) = delete;

 private:
  std::optional<at::Generator> before_;
};

}  // namespace heed
