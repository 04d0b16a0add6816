#pragma once

#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/custom_function.h>

#include <utility>
#include <vector>

#include "models/dispatch.h"
#include "models/fused/kernel_parameters.h"
#include "models/fused/tensor_access.h"

namespace heed {

using TensorList = std::vector<at::Tensor>;

/// Uninitialised [rows, width].
inline at::Tensor make_workspace(int64_t rows, int64_t width) {
  return at::empty({rows, width}, at::kFloat);
}

/// The gradients of a norm's weight and bias: one sum per block of rows, which are added in order,
/// so that the result does not depend on the number of threads.
class NormGradients {
 public:
  NormGradients(int64_t blocks, int64_t width) : sums_(at::zeros({2, blocks, width}, at::kFloat)) {}

  float* weight(int64_t block) const { return get_row(sums_[0], block); }
  float* bias(int64_t block) const { return get_row(sums_[1], block); }
  at::Tensor totals() const { return sums_.sum(1); }  ///< [2, D]

 private:
  at::Tensor sums_;
};

/// x + Block(Norm(x)) as one node of autograd's graph. A Block has
///   Settings, copyable: everything that is not trained;
///   weight_count: the number of its weights;
///   Block(input, weights, settings), where undefined weights do not exist;
///   allocate_saved(): the tensors that its forward pass fills for its backward pass;
///   forward(input, saved): saved may be null, where there is no backward pass;
///   backward(outer, input, saved): the gradients of the input and of each weight.
template <class Block>
struct BlockFunction : torch::autograd::Function<BlockFunction<Block>> {
  using AutogradContext = torch::autograd::AutogradContext;
  using Settings = typename Block::Settings;

  struct SavedSettings : torch::CustomClassHolder {
    explicit SavedSettings(const Settings& from) : settings(from) {}
    Settings settings;
  };

  // Autograd finds the weights only as arguments of their own, not in a list.
  template <class... Weights>
  static at::Tensor forward(AutogradContext* context, const at::Tensor& input,
                            const Settings& settings, const Weights&... optional_weights) {
    const TensorList weights = {or_undefined(optional_weights)...};
    Block block(input, weights, settings);
    const auto saved = block.allocate_saved();
    TensorList all = {input};
    all.insert(all.end(), weights.begin(), weights.end());
    all.insert(all.end(), saved.begin(), saved.end());
    context->save_for_backward(all);
    context->saved_data["weights"] = static_cast<int64_t>(weights.size());
    context->saved_data["settings"] =
        c10::IValue::make_capsule(c10::make_intrusive<SavedSettings>(settings));
    return block.forward(input, &saved);
  }

  static TensorList backward(AutogradContext* context, TensorList gradients) {
    const auto all = context->get_saved_variables();
    const auto first_saved = all.begin() + 1 + context->saved_data["weights"].toInt();
    const TensorList weights(all.begin() + 1, first_saved), saved(first_saved, all.end());
    const auto held = context->saved_data["settings"].toCapsule();
    const auto& settings = static_cast<const SavedSettings&>(*held).settings;
    auto result =
        Block(all[0], weights, settings).backward(gradients[0].contiguous(), all[0], saved);
    result.insert(result.begin() + 1, at::Tensor());  // for the settings
    return result;
  }
};

template <class Block, size_t... number>
at::Tensor apply_block(const at::Tensor& input, const TensorList& weights,
                       const typename Block::Settings& settings, std::index_sequence<number...>) {
  return BlockFunction<Block>::apply(input, settings, to_optional(weights[number])...);
}

/// The block of a contiguous input, with gradients where they are enabled. There are
/// Block::weight_count weights.
template <class Block>
at::Tensor run_block(const at::Tensor& input, const TensorList& weights,
                     const typename Block::Settings& settings) {
  if (!at::GradMode::is_enabled()) return Block(input, weights, settings).forward(input, nullptr);
  return apply_block<Block>(input, weights, settings,
                            std::make_index_sequence<Block::weight_count>());
}

}  // namespace heed
