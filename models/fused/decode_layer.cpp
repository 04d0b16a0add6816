#include "models/fused/decode_layer.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>

#include "models/fused/fused.h"
#include "models/fused/kernels/attention.h"
#include "models/fused/kernels/linear.h"
#include "models/fused/qk_norm_rope.h"
#include "models/fused/scratch.h"
#include "models/layers/activation.h"

namespace heed {
namespace {

// Uses of scratch().
struct Normed;
struct Projected;
struct Combined;
struct Branch;
struct Hidden;
struct HeadScratch;
struct Inverses;

/// A row's way through a layer; x [D] is the residual stream.
class RowDecoder {
 public:
  explicit RowDecoder(EncoderLayerImpl& layer)
      : layer_(layer),
        options_(layer.options()),
        width_(options_.width),
        normed_(scratch<Normed>(width_)),
        projected_(scratch<Projected>(3 * width_)),
        combined_(scratch<Combined>(width_)),
        branch_(scratch<Branch>(width_)),
        hidden_(scratch<Hidden>(options_.feed_forward)) {}

  void run(float* x, KeyValueCache& cache, int64_t row) {
    block(x, *layer_.attention_norm, [&](const float* input) { attend(input, cache, row); });
    if (layer_.feed_forward)
      block(x, *layer_.feed_forward_norm, [&](const float* input) { feed_forward(input); });
  }

 private:
  // As with_residual() in models/layers/residual.h; `work` leaves its result in branch_.
  template <class Work>
  void block(float* x, const LayerNormImpl& norm, const Work& work) {
    if (options_.norm_first) norm.forward_row(x, normed_);
    work(options_.norm_first ? normed_ : x);
    for (int64_t i = 0; i < width_; ++i) x[i] += branch_[i];
    if (!options_.norm_first) norm.forward_row(x, x);
  }

  void multiply(const float* input, const at::Tensor& weight, const at::Tensor& bias,
                float* output) const {
    linear_kernels().row(input, data(weight), data(bias), weight.size(1), 0, weight.size(0),
                         output);
  }

  void attend(const float* input, KeyValueCache& cache, int64_t row) {
    const auto& module = *layer_.attention;
    multiply(input, module.input_weight, module.input_bias, projected_);
    const int64_t heads = options_.heads, head_width = width_ / heads, length = cache.length();
    apply_qk_norm_and_rope(length);
    for (int64_t h = 0; h < heads; ++h) {
      const float* query = projected_ + h * head_width;
      float *keys = start(cache.key, row, h), *values = start(cache.value, row, h);
      std::copy_n(query + width_, head_width, keys + (length - 1) * head_width);
      std::copy_n(query + 2 * width_, head_width, values + (length - 1) * head_width);
      const AttentionHead head{.queries = 1,
                               .keys = length,
                               .width = head_width,
                               .value_width = head_width,
                               .query = {query, width_},
                               .key = {keys, head_width},
                               .value = {values, head_width},
                               .added = {nullptr, 0},
                               .scale = 1 / std::sqrt(static_cast<float>(head_width)),
                               .key_length = length,
                               .causal = false};
      attention_kernels().forward(head, 0, 1,
                                  {.output = {combined_ + h * head_width, width_},
                                   .statistics = nullptr,
                                   .weights = {nullptr, 0}},
                                  scratch<HeadScratch>(attention_kernels().scratch(head)));
    }
    multiply(combined_, module.output_weight, module.output_bias, branch_);
  }

  // Queries and keys of the last of `length` positions, where they lie.
  void apply_qk_norm_and_rope(int64_t length) {
    const auto options = layer_.attention->qk_norm_rope(length);
    if (!options.changes_anything()) return;
    QkNormRopeRow(options, width_)
        .forward(length - 1, projected_, projected_, scratch<Inverses>(2 * options_.heads));
  }

  static float* start(at::Tensor& cache, int64_t row, int64_t head) {
    return cache.mutable_data_ptr<float>() + row * cache.stride(0) + head * cache.stride(1);
  }

  void feed_forward(const float* input) {
    const auto& module = *layer_.feed_forward;
    multiply(input, module.inner->weight, module.inner->bias, hidden_);
    activation_kernel(options_.activation)(hidden_, options_.feed_forward, hidden_, nullptr);
    multiply(hidden_, module.outer->weight, module.outer->bias, branch_);
  }

  EncoderLayerImpl& layer_;
  const EncoderOptions& options_;
  int64_t width_;
  float *normed_, *projected_, *combined_, *branch_, *hidden_;
};

}  // namespace

bool supports_decode_layer(EncoderLayerImpl& layer, const at::Tensor& input) {
  return !at::GradMode::is_enabled() && !layer.is_training() && input.size(1) == 1 &&
         supports_fused(input, layer.attention->input_weight) && layer.attention->only_rotates();
}

at::Tensor decode_layer(EncoderLayerImpl& layer, const at::Tensor& input, KeyValueCache& cache) {
  const auto& options = layer.options();
  cache.extend(input.size(0), options.heads, /*count=*/1, options.width / options.heads,
               input.options());
  const auto output = input.clone(at::MemoryFormat::Contiguous);
  RowDecoder decoder(layer);
  for (int64_t row = 0; row < input.size(0); ++row)
    decoder.run(output.mutable_data_ptr<float>() + row * options.width, cache, row);
  return output;
}

}  // namespace heed
