#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

namespace torch::nn {
class Module;
}

namespace heed {

/// Hidden matrices of one shape (models/transformer/hidden_matrices.h), of whatever layers, which
/// lie one behind the other: one batched product serves them all.
struct MatrixStack {
  at::Tensor values, gradients;  ///< [n, R, C] views of the flat buffers
};

/// All parameters of a module as views of one buffer, and all their gradients as views of another,
/// so that clipping and an optimizer's step are one pass over memory. Hidden matrices come first,
/// those of equal shape together; then embeddings, output layers and what else has rows; then
/// vectors, which weight decay is not for.
class FlatParameters {
 public:
  /// Re-seats the module's parameters. The module must already be on its device and of its
  /// precision; moving or converting it later breaks the tie.
  explicit FlatParameters(torch::nn::Module& module);

  const at::Tensor& values() const { return values_; }        ///< [N]
  const at::Tensor& gradients() const { return gradients_; }  ///< [N]
  /// The module's, in the order in which they lie there; their gradients are views, too.
  const std::vector<at::Tensor>& parameters() const { return parameters_; }
  /// Numbers in [0, N) that belong to hidden matrices, and to matrices of any kind.
  int64_t hidden_count() const { return hidden_count_; }
  int64_t matrix_count() const { return matrix_count_; }
  /// Together the first hidden_count() numbers.
  const std::vector<MatrixStack>& hidden_stacks() const { return hidden_stacks_; }
  void zero_gradients() { gradients_.zero_(); }

 private:
  struct Part;
  static std::vector<Part> ordered_parts(const torch::nn::Module& module);
  void stack(const Part& part, int64_t start);

  std::vector<at::Tensor> parameters_;
  at::Tensor values_;
  at::Tensor gradients_;
  int64_t hidden_count_ = 0;
  int64_t matrix_count_ = 0;
  std::vector<MatrixStack> hidden_stacks_;
};

}  // namespace heed
