#include "models/attention/multi_head_attention.h"

#include <c10/util/StringUtil.h>
#include <torch/nn/init.h>

#include <stdexcept>

#include "models/attention/sliding_window_attention.h"
#include "models/layers/layer_norm.h"
#include "models/layers/linear.h"

namespace heed {
namespace {

void check_input(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                 int64_t width) {
  const auto fits = [width](const at::Tensor& t) { return t.dim() == 3 && t.size(2) == width; };
  const bool batches = fits(query) && fits(key) && fits(value) && query.size(0) == key.size(0);
  if (batches && key.sizes() == value.sizes()) return;
  throw std::invalid_argument(c10::str("multi-head attention of width ", width,
                                       " expects query [B, T, ", width,
                                       "] and key and value [B, S, ", width, "], got ",
                                       query.sizes(), ", ", key.sizes(), " and ", value.sizes()));
}

}  // namespace

MultiHeadAttentionImpl::MultiHeadAttentionImpl(const MultiHeadAttentionOptions& options)
    : options_(options) {
  const int64_t width = options.width;
  if (options.heads < 1 || width < 1 || width % options.heads != 0)
    throw std::invalid_argument(
        c10::str("a width of ", width, " cannot be split into ", options.heads, " equal heads"));
  input_weight = register_parameter("input_weight", at::empty({3 * width, width}));
  output_weight = register_parameter("output_weight", at::empty({width, width}));
  if (options.bias) {
    input_bias = register_parameter("input_bias", at::zeros({3 * width}));
    output_bias = register_parameter("output_bias", at::zeros({width}));
  }
  if (options.query_key_norm)
    query_scale = register_parameter("query_scale", at::ones({options.heads}));
  torch::nn::init::xavier_uniform_(input_weight);
  torch::nn::init::xavier_uniform_(output_weight);
  positions_ = PositionRegistry::instance()
                   .make(options.position)
                   ->build_for_attention(options.heads, width / options.heads);
  if (positions_) register_module("positions", positions_);
}

AttentionResult MultiHeadAttentionImpl::forward(const at::Tensor& query, const at::Tensor& key,
                                                const at::Tensor& value, const AttentionMask& mask,
                                                KeyValueCache* cache, bool weights,
                                                const HookPoint& hook_point) {
  Heads heads;
  const bool itself = query.is_same(key) && key.is_same(value);
  if (itself && !cache && mask.window == 0 && only_rotates()) {
    check_input(query, key, value, options_.width);
    return combine_heads(attend_to_itself(query, mask, weights), mask, hook_point);
  }
  if (cache && !key.defined()) {
    heads = {scaled_query(project_one(query, 0)), cache->key, cache->value};
  } else {
    check_input(query, key, value, options_.width);
    heads = apply_qk_norm_and_rope(project(query, key, value), cache ? cache->length() : 0);
    if (cache) {
      cache->append(heads.key, heads.value);
      heads.key = cache->key, heads.value = cache->value;
    }
  }
  return combine_heads(attend_with(heads, mask, weights), mask, hook_point);
}

at::Tensor MultiHeadAttentionImpl::scaled_query(const at::Tensor& query) const {
  if (!options_.query_key_norm) return query;
  return rms_normalised(query) * query_scale.view({options_.heads, 1, 1});  // [B, H, T, K]
}

// Shows the heads' outputs [B, H, T, K] to the hook, then concatenates and projects them.
AttentionResult MultiHeadAttentionImpl::combine_heads(const AttentionResult& heads,
                                                      const AttentionMask& mask,
                                                      const HookPoint& hook_point) const {
  const auto attended = hook_point.run_hook(heads, mask);
  const auto rows = attended.output.transpose(1, 2).flatten(2);  // [B, T, D]
  return {.output = heed::linear(rows, output_weight, output_bias), .weights = attended.weights};
}

// The first key has position `start`; the last query has the last key's.
MultiHeadAttentionImpl::Heads MultiHeadAttentionImpl::apply_qk_norm_and_rope(Heads heads,
                                                                             int64_t start) const {
  heads.query = scaled_query(heads.query);
  if (options_.query_key_norm) heads.key = rms_normalised(heads.key);
  if (!positions_) return heads;
  heads.key = positions_->rotate(heads.key, start);
  heads.query = positions_->rotate(heads.query, start + heads.key.size(2) - heads.query.size(2));
  return heads;
}

QkNormRopeOptions MultiHeadAttentionImpl::qk_norm_rope(int64_t length) const {
  return {.heads = options_.heads,
          .normalised = options_.query_key_norm,
          .query_scale = query_scale,
          .rotation = positions_ ? positions_->rotation(length) : Rotation()};
}

// Self-attention over the whole input, with no positions except rotations.
AttentionResult MultiHeadAttentionImpl::attend_to_itself(const at::Tensor& input,
                                                         const AttentionMask& mask,
                                                         bool weights) const {
  const auto projected = heed::linear(input, input_weight, input_bias);  // [B, T, 3 D]
  AttentionInput own{projected, projected, projected, mask.mask};
  own.causal = mask.causal, own.lengths = mask.lengths;
  if (auto result =
          fused::try_self_attention(projected, qk_norm_rope(input.size(1)), own, settings(weights)))
    return *result;
  return attend_with(apply_qk_norm_and_rope(split(projected), 0), mask, weights);
}

fused::AttentionBlock MultiHeadAttentionImpl::block(const fused::Norm& norm, int64_t length) const {
  return {.norm = norm,
          .input = {input_weight, input_bias},
          .output = {output_weight, output_bias},
          .qk_norm_rope = qk_norm_rope(length)};
}

fused::Needs MultiHeadAttentionImpl::needs(const AttentionMask& mask) const {
  fused::Needs needs{.dropout = dropout(), .mask = mask.mask.defined(), .window = mask.window > 0};
  if (!only_rotates()) needs.position = options_.position;
  return needs;
}

AttentionResult MultiHeadAttentionImpl::attend_with(const Heads& heads, const AttentionMask& mask,
                                                    bool weights) const {
  if (mask.window > 0)
    return sliding_window_attention(heads.query, heads.key, heads.value, mask, positions_.get(),
                                    settings(weights));
  AttentionInput input{heads.query, heads.key, heads.value, mask.mask};
  input.causal = mask.causal, input.lengths = mask.lengths;
  if (positions_) positions_->add_position_bias(input, heads.key.size(2) - heads.query.size(2));
  return attend(input, settings(weights));
}

MultiHeadAttentionImpl::Heads MultiHeadAttentionImpl::project(const at::Tensor& query,
                                                              const at::Tensor& key,
                                                              const at::Tensor& value) const {
  if (!query.is_same(key) || !key.is_same(value))
    return {project_one(query, 0), project_one(key, 1), project_one(value, 2)};
  return split(heed::linear(query, input_weight, input_bias));  // one product instead of three
}

MultiHeadAttentionImpl::Heads MultiHeadAttentionImpl::split(const at::Tensor& projected) const {
  const auto parts = projected.unflatten(2, {3, options_.heads, options_.width / options_.heads})
                         .permute({2, 0, 3, 1, 4})  // [3, B, H, T, K]
                         .unbind(0);
  return {parts[0], parts[1], parts[2]};
}

at::Tensor MultiHeadAttentionImpl::project_one(const at::Tensor& input, int64_t which) const {
  const int64_t width = options_.width;
  const auto weight = input_weight.narrow(0, which * width, width);
  const auto bias = options_.bias ? input_bias.narrow(0, which * width, width) : at::Tensor();
  return heed::linear(input, weight, bias)
      .view({input.size(0), input.size(1), options_.heads, width / options_.heads})
      .transpose(1, 2);  // [B, H, T, K]
}

}  // namespace heed
