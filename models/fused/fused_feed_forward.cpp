#include <algorithm>
#include <memory>

#include "models/fused/block.h"
#include "models/fused/operators.h"
#include "models/fused/packed_linear.h"
#include "models/fused/row_blocks.h"
#include "models/fused/scratch.h"

namespace heed {
namespace {

class FeedForwardBlock {
 public:
  static constexpr size_t weight_count = 6;
  struct Settings {
    bool centred;
    double epsilon;
    Activation activation;
    bool bf16;
  };
  /// [D], [D]; [F, D], [F]; [D, F], [D]
  enum Weight : size_t {
    norm_weight,
    norm_bias,
    inner_weight,
    inner_bias,
    outer_weight,
    outer_bias
  };
  /// [N, D], [N, 2]; [N, F], [N, F]
  enum Saved : size_t { normed, statistics, activated, derivatives };

  FeedForwardBlock(const at::Tensor& input, const TensorList& weights, const Settings& settings)
      : rows_(input.size(0)),
        width_(input.size(1)),
        hidden_(weights[inner_weight].size(0)),
        weights_(weights),
        norm_(make_norm_rows(
            {weights[norm_weight], weights[norm_bias], settings.centred, settings.epsilon})),
        activation_(activation_kernel(settings.activation)),
        inner_(make_packed_linear(weights[inner_weight], weights[inner_bias], settings.bf16)),
        outer_(make_packed_linear(weights[outer_weight], weights[outer_bias], settings.bf16)) {}

  TensorList allocate_saved() const { return allocate(rows_); }

  // input [N, D] -> [N, D]. Where nothing is saved, each block of rows has a workspace of its own.
  at::Tensor forward(const at::Tensor& input, const TensorList* saved) {
    inner_->prepare_forward();
    outer_->prepare_forward();
    const auto output = at::empty_like(input);
    row_blocks().each([&](int64_t, int64_t first, int64_t count) {
      const float* x = get_row(input, first);
      float* y = get_row(output, first);
      if (saved)
        forward_rows(x, count, *saved, first, y);
      else
        forward_rows(x, count, allocate(count), 0, y);
    });
    return output;
  }

  // outer [N, D] -> the gradients of the input and of the weights.
  TensorList backward(const at::Tensor& outer, const at::Tensor& input, const TensorList& saved) {
    inner_->prepare_backward();
    outer_->prepare_backward();
    const auto blocks = row_blocks();
    const auto input_gradient = at::empty_like(input);
    const auto hidden_gradient = make_workspace(rows_, hidden_);
    const NormGradients norm_gradients(blocks.count(), width_);
    blocks.each([&](int64_t block, int64_t first, int64_t count) {
      const float* dy = get_row(outer, first);
      float* hidden = get_row(hidden_gradient, first);
      outer_->input_gradient(dy, count, hidden);
      activation_kernels().multiply(get_row(saved[derivatives], first), count * hidden_, hidden);
      float* normed_gradient = scratch<FeedForwardBlock>(count * width_);
      inner_->input_gradient(hidden, count, normed_gradient);
      layer_norm_kernels().backward(norm_, normed_gradient, get_row(input, first),
                                    get_row(saved[statistics], first), count, dy,
                                    get_row(input_gradient, first), norm_gradients.weight(block),
                                    norm_gradients.bias(block));
    });
    const auto norm_totals = norm_gradients.totals();
    return {input_gradient,
            norm_totals[0],
            weights_[norm_bias].defined() ? norm_totals[1] : at::Tensor(),
            weight_gradient(*inner_, hidden_gradient, saved[normed]),
            bias_gradient(weights_[inner_bias], hidden_gradient),
            weight_gradient(*outer_, outer, saved[activated]),
            bias_gradient(weights_[outer_bias], outer)};
  }

 private:
  RowBlocks row_blocks() const { return {rows_, 2 * width_ * hidden_}; }

  TensorList allocate(int64_t rows) const {
    return {make_workspace(rows, width_), make_workspace(rows, 2), make_workspace(rows, hidden_),
            make_workspace(rows, hidden_)};
  }

  void forward_rows(const float* x, int64_t count, const TensorList& saved, int64_t first,
                    float* y) const {
    float* norm_output = get_row(saved[normed], first);
    layer_norm_kernels().forward(norm_, x, count, norm_output, get_row(saved[statistics], first));
    float *hidden = get_row(saved[derivatives], first), *active = get_row(saved[activated], first);
    inner_->forward(norm_output, count, hidden, /*add=*/false);
    activation_(hidden, count * hidden_, active, /*derivative=*/hidden);
    std::copy_n(x, count * width_, y);
    outer_->forward(active, count, y, /*add=*/true);
  }

  int64_t rows_, width_, hidden_;
  const TensorList& weights_;
  LayerNormRows norm_;
  ActivationKernel activation_;
  std::unique_ptr<PackedLinear> inner_, outer_;
};

}  // namespace

at::Tensor fused_feed_forward_block(const at::Tensor& input, const fused::FeedForwardBlock& block,
                                    bool bf16) {
  const auto rows = input.reshape({-1, input.size(-1)}).contiguous();  // [N, D]
  return run_block<FeedForwardBlock>(rows,
                                     {block.norm.weight, block.norm.bias, block.inner.weight,
                                      block.inner.bias, block.outer.weight, block.outer.bias},
                                     {.centred = block.norm.centred,
                                      .epsilon = block.norm.epsilon,
                                      .activation = block.activation,
                                      .bf16 = bf16})
      .view(input.sizes());
}

}  // namespace heed
