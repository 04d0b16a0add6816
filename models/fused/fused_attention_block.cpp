#include "models/fused/fused_attention_block.h"

#include <ATen/core/grad_mode.h>
#include <c10/util/FunctionRef.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>

#include "models/fused/fused.h"
#include "models/fused/fused_layer_norm.h"
#include "models/fused/kernels/attention.h"
#include "models/fused/kernels/parallel.h"
#include "models/fused/kernels/qk_norm_rope.h"
#include "models/fused/packed_linear.h"
#include "models/fused/qk_norm_rope.h"
#include "models/fused/row_blocks.h"
#include "models/fused/scratch.h"

namespace heed {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;
using FusedAttentionBlockOptional = std::optional<at::Tensor>;

/// What is trained; undefined: there is none.
struct Parts {
  at::Tensor norm_weight, norm_bias;      // [D]
  at::Tensor input_weight, input_bias;    // [3 D, D], [3 D]
  at::Tensor output_weight, output_bias;  // [D, D], [D]
  at::Tensor query_scale;                 // [H]
};

struct Settings {
  bool centred;
  double epsilon;
  QkNormRopeOptions qk_norm_rope;
  bool causal;
  at::Tensor lengths;  // [B] int64, or undefined
  bool bf16;
};

/// What the backward pass wants of the forward pass. Of B sequences, or of one.
struct Saved {
  at::Tensor normed, statistics;  // [B T, D], [B T, 2]
  at::Tensor projected;           // [B T, 3 D]
  at::Tensor rotated, inverses;   // [B T, 3 D], [B T, 2 H]; undefined where nothing is rotated
  at::Tensor softmax;             // [B H T, 2], as RowStatistics
  at::Tensor weights;             // [B H T, T], or undefined: computed anew
  at::Tensor combined;            // [B T, D]
};

at::Tensor workspace(int64_t rows, int64_t width) { return at::empty({rows, width}, at::kFloat); }
float* get_row(const at::Tensor& rows, int64_t i) {
  return rows.defined() ? rows.mutable_data_ptr<float>() + i * rows.size(1) : nullptr;
}

// Weights up to so many numbers, 1 MiB, are still in the cache when the backward pass wants them.
constexpr int64_t max_saved_weights = int64_t{1} << 18;

struct NormGradient;
struct CombinedGradient;
struct HeadScratch;

class Block {
 public:
  Block(const at::Tensor& input, const Parts& parts, const Settings& settings)
      : batch_(input.size(0)),
        length_(input.size(1)),
        width_(input.size(2)),
        heads_(settings.qk_norm_rope.heads),
        parts_(parts),
        settings_(settings),
        norm_(norm_rows(parts.norm_weight, parts.norm_bias, settings.centred, settings.epsilon)),
        input_(make_packed_linear(parts.input_weight, parts.input_bias, settings.bf16)),
        output_(make_packed_linear(parts.output_weight, parts.output_bias, settings.bf16)) {}

  Saved allocate(int64_t sequences) const {
    const int64_t rows = sequences * length_, weights = rows * heads_ * length_;
    return {
        .normed = workspace(rows, width_),
        .statistics = workspace(rows, 2),
        .projected = workspace(rows, 3 * width_),
        .rotated =
            settings_.qk_norm_rope.changes_anything() ? workspace(rows, 3 * width_) : at::Tensor(),
        .inverses =
            settings_.qk_norm_rope.changes_anything() ? workspace(rows, 2 * heads_) : at::Tensor(),
        .softmax = workspace(rows * heads_, 2),
        .weights = weights <= max_saved_weights ? workspace(rows * heads_, length_) : at::Tensor(),
        .combined = workspace(rows, width_)};
  }

  // Where nothing is saved, each sequence has a workspace of its own.
  at::Tensor forward(const at::Tensor& input, const Saved* saved) {
    input_->prepare_forward();
    output_->prepare_forward();
    const auto output = at::empty_like(input);
    each_sequence([&](int64_t b) {
      const Saved local = saved ? Saved() : allocate(1);
      forward_sequence(start(input, b), b, saved ? *saved : local, saved ? b : 0, start(output, b));
    });
    return output;
  }

  // outer [B, T, D] -> the gradients of the input and of the parts, by Function::forward's
  // arguments.
  tensor_list backward(const at::Tensor& outer, const at::Tensor& input, const Saved& saved) {
    input_->prepare_backward();
    output_->prepare_backward();
    const int64_t rows = batch_ * length_, blocks = row_blocks().count();
    const auto input_gradient = at::empty_like(input);
    const auto projected_gradient = workspace(rows, 3 * width_);
    const auto norm_sums = at::zeros({2, batch_ * blocks, width_}, at::kFloat);
    const auto scale_sums = at::zeros({batch_, heads_}, at::kFloat);
    each_sequence([&](int64_t b) {
      attention_gradient(start(outer, b), saved, b, get_row(projected_gradient, b * length_),
                         get_row(scale_sums, b));
      row_blocks().each([&](int64_t block, int64_t first, int64_t count) {
        const int64_t row = b * length_ + first;
        float* normed = scratch<NormGradient>(count * width_);
        input_->input_gradient(get_row(projected_gradient, row), count, normed);
        layer_norm_kernels().backward(
            norm_, normed, start(input, b) + first * width_, get_row(saved.statistics, row), count,
            start(outer, b) + first * width_, start(input_gradient, b) + first * width_,
            get_row(norm_sums[0], b * blocks + block), get_row(norm_sums[1], b * blocks + block));
      });
    });
    const auto norm_totals = norm_sums.sum(1);  // [2, D]
    const auto outer_rows = outer.view({rows, width_});
    return {input_gradient,
            norm_totals[0],
            parts_.norm_bias.defined() ? norm_totals[1] : at::Tensor(),
            weight_gradient(*input_, projected_gradient, saved.normed),
            bias_gradient(parts_.input_bias, projected_gradient),
            parts_.query_scale.defined() ? scale_sums.sum(0) : at::Tensor(),
            weight_gradient(*output_, outer_rows, saved.combined),
            bias_gradient(parts_.output_bias, outer_rows)};
  }

 private:
  // One a thread; a single one is shared out by its rows and heads, see RowBlocks.
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

  // x [T, D] of sequence b -> y [T, D]; it has the place `at` in what is saved.
  void forward_sequence(const float* x, int64_t b, const Saved& saved, int64_t at, float* y) const {
    const QkNormRopeRow row_rotation(settings_.qk_norm_rope, width_);
    const int64_t first_row = at * length_;
    row_blocks().each([&](int64_t, int64_t first, int64_t count) {
      const int64_t row = first_row + first;
      float* normed = get_row(saved.normed, row);
      layer_norm_kernels().forward(norm_, x + first * width_, count, normed,
                                   get_row(saved.statistics, row));
      input_->forward(normed, count, get_row(saved.projected, row), /*add=*/false);
      for (int64_t t = 0; saved.rotated.defined() && t < count; ++t)
        row_rotation.forward(first + t, get_row(saved.projected, row + t),
                             get_row(saved.rotated, row + t), get_row(saved.inverses, row + t));
    });
    each_head([&](int64_t h) {
      const auto one = head(saved, b, at, h);
      attention_kernels().forward(
          one, 0, length_,
          {.output = {get_row(saved.combined, first_row) + offset(h), width_},
           .statistics = statistics(saved, at, h),
           .weights = weights(saved, at, h)},
          scratch<HeadScratch>(attention_kernels().scratch(one)));
    });
    row_blocks().each([&](int64_t, int64_t first, int64_t count) {
      std::copy_n(x + first * width_, count * width_, y + first * width_);
      output_->forward(get_row(saved.combined, first_row + first), count, y + first * width_,
                       /*add=*/true);
    });
  }

  // From dy [T, D] of sequence b the gradient of what was projected, [T, 3 D].
  void attention_gradient(const float* dy, const Saved& saved, int64_t b, float* gradient,
                          float* scale_gradient) const {
    const int64_t first_row = b * length_, three = 3 * width_;
    float* const combined_gradient = scratch<CombinedGradient>(length_ * width_);
    row_blocks().each([&](int64_t, int64_t first, int64_t count) {
      output_->input_gradient(dy + first * width_, count, combined_gradient + first * width_);
    });
    each_head([&](int64_t h) {
      const auto one = head(saved, b, b, h);
      const auto weights = this->weights(saved, b, h);
      attention_kernels().backward(
          one,
          {.output = {get_row(saved.combined, first_row) + offset(h), width_},
           .statistics = statistics(saved, b, h),
           .weights = {weights.data, weights.row},
           .output_gradient = {combined_gradient + offset(h), width_},
           .query_gradient = {gradient + offset(h), three},
           .key_gradient = {gradient + width_ + offset(h), three},
           .value_gradient = {gradient + 2 * width_ + offset(h), three}},
          scratch<HeadScratch>(attention_kernels().scratch(one)));
    });
    const QkNormRopeRow row_rotation(settings_.qk_norm_rope, width_);
    for (int64_t t = 0; saved.rotated.defined() && t < length_; ++t, gradient += three)
      row_rotation.backward(t, gradient, get_row(saved.projected, first_row + t),
                            get_row(saved.inverses, first_row + t), gradient, scale_gradient);
  }

  void each_head(c10::function_ref<void(int64_t)> work) const {
    const int64_t multiplications = length_ * length_ * width_ / heads_;
    parallel_for(heads_, 1 + 1'000'000 / multiplications, [&](int64_t begin, int64_t end) {
      for (int64_t h = begin; h < end; ++h) work(h);
    });
  }

  int64_t offset(int64_t h) const { return h * (width_ / heads_); }

  AttentionHead head(const Saved& saved, int64_t b, int64_t at, int64_t h) const {
    const int64_t head_width = width_ / heads_;
    const float* query =
        get_row(saved.rotated.defined() ? saved.rotated : saved.projected, at * length_) +
        offset(h);
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

  RowStatistics* statistics(const Saved& saved, int64_t at, int64_t h) const {
    return reinterpret_cast<RowStatistics*>(get_row(saved.softmax, (at * heads_ + h) * length_));
  }

  WriteRows weights(const Saved& saved, int64_t at, int64_t h) const {
    return {get_row(saved.weights, (at * heads_ + h) * length_), length_};
  }

  int64_t batch_, length_, width_, heads_;
  const Parts& parts_;
  const Settings& settings_;
  LayerNormRows norm_;
  std::unique_ptr<PackedLinear> input_, output_;
};

struct AttentionBlock : torch::autograd::Function<AttentionBlock> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& input,
                            const at::Tensor& norm_weight, const FusedAttentionBlockOptional& norm_bias,
                            const at::Tensor& input_weight, const FusedAttentionBlockOptional& input_bias,
                            const FusedAttentionBlockOptional& query_scale, const at::Tensor& output_weight,
                            const FusedAttentionBlockOptional& output_bias, const Settings& settings) {
    const auto tensor = [](const FusedAttentionBlockOptional& one) { return one.value_or(at::Tensor()); };
    const Parts parts{norm_weight,   tensor(norm_bias),   input_weight,       tensor(input_bias),
                      output_weight, tensor(output_bias), tensor(query_scale)};
    Block block(input, parts, settings);
    const auto saved = block.allocate(input.size(0));
    const auto& qk_norm_rope = settings.qk_norm_rope;
    context->save_for_backward({input, parts.norm_weight, parts.norm_bias, parts.input_weight,
                                parts.input_bias, parts.output_weight, parts.output_bias,
                                parts.query_scale, saved.normed, saved.statistics, saved.projected,
                                saved.rotated, saved.inverses, saved.softmax, saved.weights,
                                saved.combined, qk_norm_rope.rotation.cosine,
                                qk_norm_rope.rotation.sine, settings.lengths});
    auto& data = context->saved_data;
    data["centred"] = settings.centred;
    data["heads"] = qk_norm_rope.heads;
    data["normalised"] = qk_norm_rope.normalised;
    data["causal"] = settings.causal;
    data["bf16"] = settings.bf16;
    return block.forward(input, &saved);
  }

  static tensor_list backward(AutogradContext* context, tensor_list gradients) {
    const auto s = context->get_saved_variables();
    auto& data = context->saved_data;
    const Parts parts{s[1], s[2], s[3], s[4], s[5], s[6], s[7]};
    const Settings settings{.centred = data["centred"].toBool(),
                            .epsilon = 0,
                            .qk_norm_rope = {.heads = data["heads"].toInt(),
                                             .normalised = data["normalised"].toBool(),
                                             .query_scale = parts.query_scale,
                                             .rotation = {s[16], s[17]}},
                            .causal = data["causal"].toBool(),
                            .lengths = s[18],
                            .bf16 = data["bf16"].toBool()};
    auto result = Block(s[0], parts, settings)
                      .backward(gradients[0].contiguous(), s[0],
                                {s[8], s[9], s[10], s[11], s[12], s[13], s[14], s[15]});
    result.emplace_back();  // of the settings
    return result;
  }
};

}  // namespace

bool supports_attention_block(const at::Tensor& input, const MultiHeadAttentionImpl& attention,
                              const AttentionMask& mask) {
  const auto& options = attention.options();
  return supports_fused(input, attention.input_weight) && input.numel() > 0 &&
         options.backward == "fused" && !(attention.is_training() && options.dropout > 0) &&
         !mask.mask.defined() && mask.window == 0 && attention.only_rotates();
}

at::Tensor fused_attention_block(const at::Tensor& input, const LayerNormImpl& norm,
                                 const MultiHeadAttentionImpl& attention,
                                 const AttentionMask& mask) {
  const auto& a = attention;
  const Parts parts{norm.weight,     norm.bias,     a.input_weight, a.input_bias,
                    a.output_weight, a.output_bias, a.query_scale};
  const Settings settings{
      .centred = norm.centred(),
      .epsilon = norm.epsilon(),
      .qk_norm_rope = a.qk_norm_rope(input.size(1)),
      .causal = mask.causal,
      .lengths = mask.lengths.defined() ? mask.lengths.to(at::kLong).contiguous() : at::Tensor(),
      .bf16 = compute_options().bfloat16_products};
  const auto x = input.contiguous();
  if (!at::GradMode::is_enabled()) return Block(x, parts, settings).forward(x, nullptr);
  const auto optional = [](const at::Tensor& one) {
    return one.defined() ? std::optional(one) : std::nullopt;
  };
  return AttentionBlock::apply(x, norm.weight, optional(norm.bias), a.input_weight,
                               optional(a.input_bias), optional(a.query_scale), a.output_weight,
                               optional(a.output_bias), settings);
}

}  // namespace heed
