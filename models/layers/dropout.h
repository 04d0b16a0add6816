#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <optional>

namespace heed {

/// Dropout (1207.0580): while training, each number becomes zero with probability p, and is divided
/// by 1 - p otherwise. Returns the input if not training or p = 0.
at::Tensor with_dropout(const at::Tensor& input, double p, bool training = true);

/// 1 with probability 1 - p, else 0, in the shape of `like`: which numbers dropout keeps.
at::Tensor dropout_mask(const at::Tensor& like, double p);

/// During its lifetime, dropout on this thread and on the CPU draws from a generator with this seed
/// instead of LibTorch's default one, from which threads would draw in any order.
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
