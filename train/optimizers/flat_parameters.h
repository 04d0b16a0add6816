#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

namespace torch::nn {
class Module;
}

namespace heed {

/// Consecutive hidden matrices of one shape (models/transformer/hidden_matrices.h), of any layers,
/// so that one batched product handles all of them.
struct MatrixStack {
  at::Tensor values, gradients;  ///< [n, R, C] views of the flat buffers
};

/// Makes all parameters of a module views of one buffer, and their gradients views of another, so
/// that clipping and optimizer steps are one pass over memory. Hidden matrices come first, sorted
/// by shape; then embeddings, output layers and other matrices; then vectors, which are exempt from
/// weight decay.
class FlatParameters {
 public:
  /// The module must already be on its device and in its precision: moving or converting it later
  /// detaches its parameters from the buffer.
  explicit FlatParameters(torch::nn::Module& module);

  const at::Tensor& values() const { return values_; }        ///< [N]
  const at::Tensor& gradients() const { return gradients_; }  ///< [N]
  /// The module's parameters, in the buffer's order. Their gradients are views, too.
  const std::vector<at::Tensor>& parameters() const { return parameters_; }
  /// How many of the N numbers belong to hidden matrices, and to matrices of any kind. They come
  /// first.
  int64_t hidden_count() const { return hidden_count_; }
  int64_t matrix_count() const { return matrix_count_; }
  /// All hidden matrices: the first hidden_count() numbers.
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
