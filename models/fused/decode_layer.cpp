#include <algorithm>
#include <cmath>

#include "models/fused/kernel_parameters.h"
#include "models/fused/kernels/attention.h"
#include "models/fused/kernels/linear.h"
#include "models/fused/operators.h"
#include "models/fused/qk_norm_rope.h"
#include "models/fused/scratch.h"

namespace heed {
namespace {

// Uses of scratch().
struct DecodeNormed;
struct DecodeProjected;
struct DecodeCombined;
struct DecodeBranch;
struct DecodeHidden;
struct DecodeHead;
struct DecodeInverses;

void normalise_row(const float* input, const fused::Norm& norm, float* output) {
  float statistics[2];
  layer_norm_kernels().forward(make_norm_rows(norm), input, 1, output, statistics);
}

void multiply_row(const float* input, const fused::Linear& linear, float* output) {
  linear_kernels().row(input, data(linear.weight), data(linear.bias), linear.weight.size(1), 0,
                       linear.weight.size(0), output);
}

/// One row through a layer; x [D] is the residual stream.
class RowDecoder {
 public:
  RowDecoder(const fused::TransformerLayer& layer, int64_t width)
      : layer_(layer),
        width_(width),
        normed_(scratch<DecodeNormed>(width_)),
        projected_(scratch<DecodeProjected>(3 * width_)),
        combined_(scratch<DecodeCombined>(width_)),
        branch_(scratch<DecodeBranch>(width_)) {}

  void run(float* x, const fused::KeysAndValues& cache, int64_t row) {
    add_branch(x, layer_.attention.norm, [&](const float* input) { attend(input, cache, row); });
    if (layer_.feed_forward)
      add_branch(x, layer_.feed_forward->norm, [&](const float* input) { feed_forward(input); });
  }

 private:
  // As with_residual() in models/layers/residual.h; `work` leaves its result in branch_.
  template <class Work>
  void add_branch(float* x, const fused::Norm& norm, const Work& work) {
    if (layer_.norm_first) normalise_row(x, norm, normed_);
    work(layer_.norm_first ? normed_ : x);
    for (int64_t i = 0; i < width_; ++i) x[i] += branch_[i];
    if (!layer_.norm_first) normalise_row(x, norm, x);
  }

  void attend(const float* input, const fused::KeysAndValues& cache, int64_t row) {
    const auto& block = layer_.attention;
    multiply_row(input, block.input, projected_);
    const int64_t heads = block.qk_norm_rope.heads, head_width = width_ / heads;
    const int64_t length = cache.key.size(2);
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
                                  scratch<DecodeHead>(attention_kernels().scratch(head)));
    }
    multiply_row(combined_, block.output, branch_);
  }

  // In place, for the last of `length` positions.
  void apply_qk_norm_and_rope(int64_t length) {
    const auto& options = layer_.attention.qk_norm_rope;
    if (!options.changes_anything()) return;
    QkNormRopeRow(options, width_)
        .forward(length - 1, projected_, projected_, scratch<DecodeInverses>(2 * options.heads));
  }

  static float* start(const at::Tensor& cache, int64_t row, int64_t head) {
    return cache.mutable_data_ptr<float>() + row * cache.stride(0) + head * cache.stride(1);
  }

  void feed_forward(const float* input) {
    const auto& block = *layer_.feed_forward;
    const int64_t hidden_width = block.inner.weight.size(0);
    float* const hidden = scratch<DecodeHidden>(hidden_width);
    multiply_row(input, block.inner, hidden);
    activation_kernel(block.activation)(hidden, hidden_width, hidden, nullptr);
    multiply_row(hidden, block.outer, branch_);
  }

  const fused::TransformerLayer& layer_;
  int64_t width_;
  float *normed_, *projected_, *combined_, *branch_;
};

}  // namespace

at::Tensor decode_layer(const at::Tensor& input, const fused::TransformerLayer& layer,
                        fused::KeysAndValues cache) {
  const int64_t width = input.size(2);
  const auto output = input.clone(at::MemoryFormat::Contiguous);
  RowDecoder decoder(layer, width);
  for (int64_t row = 0; row < input.size(0); ++row)
    decoder.run(output.mutable_data_ptr<float>() + row * width, cache, row);
  return output;
}

}  // namespace heed
