#include "models/fused/fused_feed_forward.h"

#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <memory>

#include "models/fused/fused.h"
#include "models/fused/fused_layer_norm.h"
#include "models/fused/kernels/linear.h"
#include "models/fused/packed_linear.h"
#include "models/fused/row_blocks.h"
#include "models/fused/scratch.h"
#include "models/layers/activation.h"

namespace heed {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

/// What is trained; undefined: there is none.
struct FusedFeedForwardParts {
  at::Tensor norm_weight, norm_bias;    // [D]
  at::Tensor inner_weight, inner_bias;  // [F, D], [F]
  at::Tensor outer_weight, outer_bias;  // [D, F], [D]
};

struct FusedFeedForwardSettings {
  bool centred;
  double epsilon;
  std::string activation;
  bool bf16;
};

/// What the backward pass wants of the forward pass.
struct FusedFeedForwardSaved {
  at::Tensor normed, statistics;      // [N, D], [N, 2]
  at::Tensor activated, derivatives;  // [N, F]
};

at::Tensor fused_feed_forward_workspace(int64_t rows, int64_t width) { return at::empty({rows, width}, at::kFloat); }
float* fused_feed_forward_get_row(const at::Tensor& rows, int64_t i) {
  return rows.mutable_data_ptr<float>() + i * rows.size(1);
}

class FusedFeedForwardBlock {
 public:
  FusedFeedForwardBlock(const FusedFeedForwardParts& parts, const FusedFeedForwardSettings& settings)
      : width_(parts.inner_weight.size(1)),
        hidden_(parts.inner_weight.size(0)),
        norm_(norm_rows(parts.norm_weight, parts.norm_bias, settings.centred, settings.epsilon)),
        activation_(activation_kernel(settings.activation)),
        inner_(make_packed_linear(parts.inner_weight, parts.inner_bias, settings.bf16)),
        outer_(make_packed_linear(parts.outer_weight, parts.outer_bias, settings.bf16)) {}

  FusedFeedForwardSaved allocate(int64_t rows) const {
    return {fused_feed_forward_workspace(rows, width_), fused_feed_forward_workspace(rows, 2), fused_feed_forward_workspace(rows, hidden_),
            fused_feed_forward_workspace(rows, hidden_)};
  }

  // input [N, D] -> [N, D]. Where nothing is saved, each block of rows has a fused_feed_forward_workspace of its own.
  at::Tensor forward(const at::Tensor& input, const FusedFeedForwardSaved* saved) {
    inner_->prepare_forward();
    outer_->prepare_forward();
    const auto output = at::empty_like(input);
    blocks(input).each([&](int64_t, int64_t first, int64_t count) {
      const float* x = fused_feed_forward_get_row(input, first);
      float* y = fused_feed_forward_get_row(output, first);
      if (saved)
        forward_rows(x, count, *saved, first, y);
      else
        forward_rows(x, count, allocate(count), 0, y);
    });
    return output;
  }

  // outer [N, D] -> the gradients of the input and of the parts, each where it is asked for.
  tensor_list backward(const at::Tensor& outer, const at::Tensor& input, const FusedFeedForwardSaved& saved,
                       const FusedFeedForwardParts& parts) {
    inner_->prepare_backward();
    outer_->prepare_backward();
    const auto rows = blocks(input);
    const auto input_gradient = at::empty_like(input);
    const auto hidden_gradient = fused_feed_forward_workspace(input.size(0), hidden_);
    const auto sums = at::zeros({2, rows.count(), width_}, at::kFloat);  // of the norm's parts
    rows.each([&](int64_t block, int64_t first, int64_t count) {
      const float* dy = fused_feed_forward_get_row(outer, first);
      float* hidden = fused_feed_forward_get_row(hidden_gradient, first);
      outer_->input_gradient(dy, count, hidden);
      activation_kernels().multiply(fused_feed_forward_get_row(saved.derivatives, first), count * hidden_, hidden);
      float* normed = scratch<FusedFeedForwardBlock>(count * width_);  // its gradient
      inner_->input_gradient(hidden, count, normed);
      layer_norm_kernels().backward(
          norm_, normed, fused_feed_forward_get_row(input, first), fused_feed_forward_get_row(saved.statistics, first), count, dy,
          fused_feed_forward_get_row(input_gradient, first), fused_feed_forward_get_row(sums[0], block), fused_feed_forward_get_row(sums[1], block));
    });
    const auto totals = sums.sum(1);  // [2, D]
    return {input_gradient,
            totals[0],
            parts.norm_bias.defined() ? totals[1] : at::Tensor(),
            weight_gradient(*inner_, hidden_gradient, saved.normed),
            bias_gradient(parts.inner_bias, hidden_gradient),
            weight_gradient(*outer_, outer, saved.activated),
            bias_gradient(parts.outer_bias, outer)};
  }

 private:
  RowBlocks blocks(const at::Tensor& input) const { return {input.size(0), 2 * width_ * hidden_}; }

  void forward_rows(const float* x, int64_t count, const FusedFeedForwardSaved& saved, int64_t first,
                    float* y) const {
    float* normed = fused_feed_forward_get_row(saved.normed, first);
    layer_norm_kernels().forward(norm_, x, count, normed, fused_feed_forward_get_row(saved.statistics, first));
    float *hidden = fused_feed_forward_get_row(saved.derivatives, first), *activated = fused_feed_forward_get_row(saved.activated, first);
    inner_->forward(normed, count, hidden, /*add=*/false);
    activation_(hidden, count * hidden_, activated, /*derivative=*/hidden);
    std::copy_n(x, count * width_, y);
    outer_->forward(activated, count, y, /*add=*/true);
  }

  int64_t width_, hidden_;
  LayerNormRows norm_;
  ActivationKernel activation_;
  std::unique_ptr<PackedLinear> inner_, outer_;
};

struct FeedForwardBlock : torch::autograd::Function<FeedForwardBlock> {
  using Optional = std::optional<at::Tensor>;

  static at::Tensor forward(AutogradContext* context, const at::Tensor& input,
                            const at::Tensor& norm_weight, const Optional& norm_bias,
                            const at::Tensor& inner_weight, const Optional& inner_bias,
                            const at::Tensor& outer_weight, const Optional& outer_bias,
                            const FusedFeedForwardSettings& settings) {
    const auto tensor = [](const Optional& one) { return one.value_or(at::Tensor()); };
    const FusedFeedForwardParts parts{norm_weight,        tensor(norm_bias), inner_weight,
                      tensor(inner_bias), outer_weight,      tensor(outer_bias)};
    FusedFeedForwardBlock block(parts, settings);
    const auto saved = block.allocate(input.size(0));
    context->save_for_backward({input, parts.norm_weight, parts.norm_bias, parts.inner_weight,
                                parts.inner_bias, parts.outer_weight, parts.outer_bias,
                                saved.normed, saved.statistics, saved.activated,
                                saved.derivatives});
    context->saved_data["centred"] = settings.centred;
    context->saved_data["activation"] = settings.activation;
    context->saved_data["bf16"] = settings.bf16;
    return block.forward(input, &saved);
  }

  static tensor_list backward(AutogradContext* context, tensor_list gradients) {
    const auto saved = context->get_saved_variables();
    const FusedFeedForwardParts parts{saved[1], saved[2], saved[3], saved[4], saved[5], saved[6]};
    auto& data = context->saved_data;
    FusedFeedForwardBlock block(parts, {.centred = data["centred"].toBool(),
                        .epsilon = 0,
                        .activation = data["activation"].toStringRef(),
                        .bf16 = data["bf16"].toBool()});
    auto result = block.backward(gradients[0].contiguous(), saved[0],
                                 {saved[7], saved[8], saved[9], saved[10]}, parts);
    result.emplace_back();  // of the settings
    return result;
  }
};

}  // namespace

bool supports_feed_forward_block(const at::Tensor& input, const FeedForwardImpl& network) {
  return supports_fused(input, network.inner->weight) && input.numel() > 0 &&
         !(network.is_training() && network.options().dropout > 0);
}

at::Tensor fused_feed_forward_block(const at::Tensor& input, const LayerNormImpl& norm,
                                    const FeedForwardImpl& network) {
  const auto &inner = *network.inner, &outer = *network.outer;
  const FusedFeedForwardParts parts{norm.weight, norm.bias, inner.weight, inner.bias, outer.weight, outer.bias};
  const FusedFeedForwardSettings settings{.centred = norm.centred(),
                          .epsilon = norm.epsilon(),
                          .activation = network.options().activation,
                          .bf16 = compute_options().bfloat16_products};
  const auto rows = input.reshape({-1, input.size(-1)}).contiguous();  // [N, D]
  if (!at::GradMode::is_enabled())
    return FusedFeedForwardBlock(parts, settings).forward(rows, nullptr).view(input.sizes());
  const auto optional = [](const at::Tensor& one) {
    return one.defined() ? std::optional(one) : std::nullopt;
  };
  return FeedForwardBlock::apply(rows, norm.weight, optional(norm.bias), inner.weight,
                                 optional(inner.bias), outer.weight, optional(outer.bias), settings)
      .view(input.sizes());
}

}  // namespace heed
