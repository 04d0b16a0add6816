#pragma once

#include <ATen/ATen.h>
#include <torch/nn/module.h>

#include <cstdint>

namespace heed {

/// All parameters of a module as views of one buffer, and all their gradients as views of another,
/// so that clipping and an optimizer's step are one pass over memory. Matrices come first, since
/// weight decay is for them alone.
class FlatParameters {
 public:
  /// Re-seats the module's parameters. The module must already be on its device and of its
  /// precision; moving or converting it later breaks the tie.
  explicit FlatParameters(torch::nn::Module& module);

  const at::Tensor& values() const { return values_; }        ///< [N]
  const at::Tensor& gradients() const { return gradients_; }  ///< [N]
  int64_t matrix_count() const {
    return matrix_count_;
  }  ///< numbers in [0, N) that belong to matrices
  void zero_gradients() { gradients_.zero_(); }

 private:
  at::Tensor values_;
  at::Tensor gradients_;
  int64_t matrix_count_ = 0;
};

}  // namespace heed
