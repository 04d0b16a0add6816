#include <c10/util/FunctionRef.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "models/fused/block.h"
#include "models/fused/kernels/attention.h"
#include "models/fused/operators.h"
#include "models/fused/packed_linear.h"
#include "models/fused/qk_norm_rope.h"
#include "models/fused/row_blocks.h"
#include "models/fused/scratch.h"

namespace heed {
namespace {

// Up to this many weights, 1 MiB, are still in the cache when the backward pass reads them.
constexpr int64_t max_saved_weights = int64_t{1} << 18;

// Uses of scratch().
struct NormedGradient;
struct CombinedGradient;
struct HeadScratch;

class AttentionBlock {
 public:
  static constexpr size_t weight_count = 7;
  struct Settings {
    bool centred;
    double epsilon;
    QkNormRopeOptions qk_norm_rope;  ///< without query_scale, which is a weight
    bool causal;
    at::Tensor lengths;  ///< [B] int64, or undefined
    bool bf16;
  };
  /// [D], [D]; [3 D, D], [3 D]; [H]; [D, D], [D]
  enum Weight : size_t {
    norm_weight,
    norm_bias,
    input_weight,
    input_bias,
    query_scale,
    output_weight,
    output_bias
  };
  enum Saved : size_t {
    normed,         ///< [B T, D]
    statistics,     ///< [B T, 2]
    projected,      ///< [B T, 3 D]
    rotated,        ///< [B T, 3 D]; undefined where queries and keys stay as they are
    inverses,       ///< [B T, 2 H]; undefined likewise
    softmax,        ///< [B H T, 2], as RowStatistics
    score_weights,  ///< [B H T, T]; undefined: the backward pass computes them again
    combined,       ///< [B T, D]
  };

  AttentionBlock(const at::Tensor& input, const TensorList& weights, const Settings& settings)
      : batch_(input.size(0)),
        length_(input.size(1)),
        width_(input.size(2)),
        heads_(settings.qk_norm_rope.heads),
        weights_(weights),
        settings_(settings),
        qk_norm_rope_(settings.qk_norm_rope),
        norm_(make_norm_rows(
            {weights[norm_weight], weights[norm_bias], settings.centred, settings.epsilon})),
        input_(make_packed_linear(weights[input_weight], weights[input_bias], settings.bf16)),
        output_(make_packed_linear(weights[output_weight], weights[output_bias], settings.bf16)) {
    qk_norm_rope_.query_scale = weights[query_scale];
  }

  TensorList allocate_saved() const { return allocate(batch_); }

  // Where nothing is saved, each sequence has a workspace of its own.
  at::Tensor forward(const at::Tensor& input, const TensorList* saved) {
    input_->prepare_forward();
    output_->prepare_forward();
    const auto output = at::empty_like(input);
    each_sequence([&](int64_t b) {
      const auto local = saved ? TensorList() : allocate(1);
      forward_sequence(start(input, b), b, saved ? *saved : local, saved ? b : 0, start(output, b));
    });
    return output;
  }

  // outer [B, T, D] -> the gradients of the input and of the weights.
  TensorList backward(const at::Tensor& outer, const at::Tensor& input, const TensorList& saved) {
    input_->prepare_backward();
    output_->prepare_backward();
    const int64_t rows = batch_ * length_, blocks = row_blocks().count();
    const auto input_gradient = at::empty_like(input);
    const auto projected_gradient = make_workspace(rows, 3 * width_);
    const NormGradients norm_gradients(batch_ * blocks, width_);
    const auto scale_sums = at::zeros({batch_, heads_}, at::kFloat);
    each_sequence([&](int64_t b) {
      attention_gradient(start(outer, b), saved, b, get_row(projected_gradient, b * length_),
                         get_row(scale_sums, b));
      row_blocks().each([&](int64_t block, int64_t first, int64_t count) {
        const int64_t row = b * length_ + first, offset = first * width_;
        float* normed_gradient = scratch<NormedGradient>(count * width_);
        input_->input_gradient(get_row(projected_gradient, row), count, normed_gradient);
        layer_norm_kernels().backward(
            norm_, normed_gradient, start(input, b) + offset, get_row(saved[statistics], row),
            count, start(outer, b) + offset, start(input_gradient, b) + offset,
            norm_gradients.weight(b * blocks + block), norm_gradients.bias(b * blocks + block));
      });
    });
    const auto norm_totals = norm_gradients.totals();
    const auto outer_rows = outer.view({rows, width_});
    return {input_gradient,
            norm_totals[0],
            weights_[norm_bias].defined() ? norm_totals[1] : at::Tensor(),
            weight_gradient(*input_, projected_gradient, saved[normed]),
            bias_gradient(weights_[input_bias], projected_gradient),
            weights_[query_scale].defined() ? scale_sums.sum(0) : at::Tensor(),
            weight_gradient(*output_, outer_rows, saved[combined]),
            bias_gradient(weights_[output_bias], outer_rows)};
  }

 private:
  TensorList allocate(int64_t sequences) const {
    const int64_t rows = sequences * length_, weights = rows * heads_ * length_;
    const bool rotates = qk_norm_rope_.changes_anything();
    return {make_workspace(rows, width_),
            make_workspace(rows, 2),
            make_workspace(rows, 3 * width_),
            rotates ? make_workspace(rows, 3 * width_) : at::Tensor(),
            rotates ? make_workspace(rows, 2 * heads_) : at::Tensor(),
            make_workspace(rows * heads_, 2),
            weights <= max_saved_weights ? make_workspace(rows * heads_, length_) : at::Tensor(),
            make_workspace(rows, width_)};
  }

  // One sequence per thread at a time. A single one is shared out by its rows and heads instead.
  void each_sequence(c10::function_ref<void(int64_t)> work) const {
    parallel_for(batch_, 1, [&](int64_t begin, int64_t end) {
      for (int64_t b = begin; b < end; ++b) work(b);
    });
  }

  RowBlocks row_blocks() const { return {length_, 3 * width_ * width_}; }

  // Where sequence b of [B, T, D] begins.
  float* start(const at::Tensor& sequences, int64_t b) const {
    return sequences.mutable_data_ptr<float>() + b * length_ * width_;
  }

  // x [T, D] of sequence b -> y [T, D]. Saved tensors hold it as their sequence number `at`.
  void forward_sequence(const float* x, int64_t b, const TensorList& saved, int64_t at,
                        float* y) const {
    const QkNormRopeRow row_rotation(qk_norm_rope_, width_);
    const int64_t first_row = at * length_;
    row_blocks().each([&](int64_t, int64_t first, int64_t count) {
      const int64_t row = first_row + first;
      float* norm_output = get_row(saved[normed], row);
      layer_norm_kernels().forward(norm_, x + first * width_, count, norm_output,
                                   get_row(saved[statistics], row));
      input_->forward(norm_output, count, get_row(saved[projected], row), /*add=*/false);
      for (int64_t t = 0; saved[rotated].defined() && t < count; ++t)
        row_rotation.forward(first + t, get_row(saved[projected], row + t),
                             get_row(saved[rotated], row + t), get_row(saved[inverses], row + t));
    });
    each_head([&](int64_t h) {
      const auto one = head(saved, b, at, h);
      attention_kernels().forward(
          one, 0, length_,
          {.output = {get_row(saved[combined], first_row) + offset(h), width_},
           .statistics = row_statistics(saved, at, h),
           .weights = weights_of_head(saved, at, h)},
          scratch<HeadScratch>(attention_kernels().scratch(one)));
    });
    row_blocks().each([&](int64_t, int64_t first, int64_t count) {
      std::copy_n(x + first * width_, count * width_, y + first * width_);
      output_->forward(get_row(saved[combined], first_row + first), count, y + first * width_,
                       /*add=*/true);
    });
  }

  // From dy [T, D] of sequence b the gradient of its projections, [T, 3 D].
  void attention_gradient(const float* dy, const TensorList& saved, int64_t b, float* gradient,
                          float* scale_gradient) const {
    const int64_t first_row = b * length_, three = 3 * width_;
    float* const combined_gradient = scratch<CombinedGradient>(length_ * width_);
    row_blocks().each([&](int64_t, int64_t first, int64_t count) {
      output_->input_gradient(dy + first * width_, count, combined_gradient + first * width_);
    });
    each_head([&](int64_t h) {
      const auto one = head(saved, b, b, h);
      const auto head_weights = weights_of_head(saved, b, h);
      attention_kernels().backward(
          one,
          {.output = {get_row(saved[combined], first_row) + offset(h), width_},
           .statistics = row_statistics(saved, b, h),
           .weights = {head_weights.data, head_weights.row},
           .output_gradient = {combined_gradient + offset(h), width_},
           .query_gradient = {gradient + offset(h), three},
           .key_gradient = {gradient + width_ + offset(h), three},
           .value_gradient = {gradient + 2 * width_ + offset(h), three}},
          scratch<HeadScratch>(attention_kernels().scratch(one)));
    });
    const QkNormRopeRow row_rotation(qk_norm_rope_, width_);
    for (int64_t t = 0; saved[rotated].defined() && t < length_; ++t, gradient += three)
      row_rotation.backward(t, gradient, get_row(saved[projected], first_row + t),
                            get_row(saved[inverses], first_row + t), gradient, scale_gradient);
  }

  void each_head(c10::function_ref<void(int64_t)> work) const {
    const int64_t multiplications = length_ * length_ * width_ / heads_;
    parallel_for(heads_, 1 + 1'000'000 / multiplications, [&](int64_t begin, int64_t end) {
      for (int64_t h = begin; h < end; ++h) work(h);
    });
  }

  int64_t offset(int64_t h) const { return h * (width_ / heads_); }

  AttentionHead head(const TensorList& saved, int64_t b, int64_t at, int64_t h) const {
    const int64_t head_width = width_ / heads_;
    const auto& rows = saved[rotated].defined() ? saved[rotated] : saved[projected];
    const float* query = get_row(rows, at * length_) + offset(h);
    const int64_t key_length =
        settings_.lengths.defined() ? settings_.lengths.const_data_ptr<int64_t>()[b] : length_;
    return {.queries = length_,
            .keys = length_,
            .width = head_width,
            .value_width = head_width,
            .query = {query, 3 * width_},
            .key = {query + width_, 3 * width_},
            .value = {query + 2 * width_, 3 * width_},
            .added = {nullptr, 0},
            .scale = 1 / std::sqrt(static_cast<float>(head_width)),
            .key_length = std::clamp<int64_t>(key_length, 0, length_),
            .causal = settings_.causal};
  }

  RowStatistics* row_statistics(const TensorList& saved, int64_t at, int64_t h) const {
    return reinterpret_cast<RowStatistics*>(get_row(saved[softmax], (at * heads_ + h) * length_));
  }

  WriteRows weights_of_head(const TensorList& saved, int64_t at, int64_t h) const {
    return {get_row(saved[score_weights], (at * heads_ + h) * length_), length_};
  }

  int64_t batch_, length_, width_, heads_;
  const TensorList& weights_;
  const Settings& settings_;
  QkNormRopeOptions qk_norm_rope_;
  LayerNormRows norm_;
  std::unique_ptr<PackedLinear> input_, output_;
};

}  // namespace

at::Tensor fused_attention_block(const at::Tensor& input, const fused::AttentionBlock& block,
                                 bool causal, const at::Tensor& lengths, bool bf16) {
  auto qk_norm_rope = block.qk_norm_rope;
  qk_norm_rope.query_scale = at::Tensor();
  return run_block<AttentionBlock>(
      input.contiguous(),
      {block.norm.weight, block.norm.bias, block.input.weight, block.input.bias,
       block.qk_norm_rope.query_scale, block.output.weight, block.output.bias},
      {.centred = block.norm.centred,
       .epsilon = block.norm.epsilon,
       .qk_norm_rope = qk_norm_rope,
       .causal = causal,
       .lengths = lengths.defined() ? lengths.to(at::kLong).contiguous() : lengths,
       .bf16 = bf16});
}

}  // namespace heed
