#include "models/multi_head_attention.h"

#include <c10/util/StringUtil.h>
#include <torch/nn/init.h>

#include <stdexcept>

#include "models/affine.h"
#include "models/layer_norm.h"
#include "models/local_attention.h"
#include "models/positional_encoding.h"

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

void KeyValueCache::append(const at::Tensor& new_key, const at::Tensor& new_value) {
  key = key.defined() ? at::cat({key, new_key}, 2) : new_key;
  value = value.defined() ? at::cat({value, new_value}, 2) : new_value;
}

void KeyValueCache::select(const at::Tensor& rows) {
  if (!key.defined()) return;
  key = key.index_select(0, rows);
  value = value.index_select(0, rows);
}

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
                                                const at::Tensor& value,
                                                const AttentionScope& scope, KeyValueCache* cache,
                                                bool weights, const AttentionSite& site) {
  Heads heads;
  if (cache && !key.defined()) {
    heads = {scaled_query(project_one(query, 0)), cache->key, cache->value};
  } else {
    check_input(query, key, value, options_.width);
    heads = project(query, key, value);
    heads.query = scaled_query(heads.query);
    if (options_.query_key_norm) heads.key = rms_normalised(heads.key);
    if (positions_) turn(heads, cache ? cache->length() : 0);
    if (cache) {
      cache->append(heads.key, heads.value);
      heads.key = cache->key, heads.value = cache->value;
    }
  }
  const auto attended = site.shown(attend_with(heads, scope, weights), scope);  // [B, H, T, K]
  const auto joined = attended.output.transpose(1, 2).reshape(query.sizes());   // [B, T, D]
  return {.output = affine(joined, output_weight, output_bias), .weights = attended.weights};
}

at::Tensor MultiHeadAttentionImpl::scaled_query(const at::Tensor& query) const {
  if (!options_.query_key_norm) return query;
  return rms_normalised(query) * query_scale.view({options_.heads, 1, 1});  // [B, H, T, K]
}

void MultiHeadAttentionImpl::turn(Heads& heads, int64_t start) const {
  heads.key = positions_->turn(heads.key, start);
  heads.query = positions_->turn(heads.query, start + heads.key.size(2) - heads.query.size(2));
}

AttentionResult MultiHeadAttentionImpl::attend_with(const Heads& heads, const AttentionScope& scope,
                                                    bool weights) const {
  const AttentionSettings settings{.dropout = is_training() ? options_.dropout : 0,
                                   .backward = options_.backward,
                                   .weights = weights};
  if (scope.window > 0)
    return local_attention(heads.query, heads.key, heads.value, scope, positions_.get(), settings);
  AttentionInput input{heads.query, heads.key, heads.value, scope.mask};
  if (positions_) positions_->place(input, heads.key.size(2) - heads.query.size(2));
  return attend(input, settings);
}

MultiHeadAttentionImpl::Heads MultiHeadAttentionImpl::project(const at::Tensor& query,
                                                              const at::Tensor& key,
                                                              const at::Tensor& value) const {
  if (!query.is_same(key) || !key.is_same(value))
    return {project_one(query, 0), project_one(key, 1), project_one(value, 2)};
  // Self-attention: one product instead of three.
  const int64_t batch = query.size(0), length = query.size(1);
  const auto parts = affine(query, input_weight, input_bias)  // [B, T, 3 D]
                         .view({batch, length, 3, options_.heads, options_.width / options_.heads})
                         .permute({2, 0, 3, 1, 4})  // [3, B, H, T, K]
                         .unbind(0);
  return {parts[0], parts[1], parts[2]};
}

at::Tensor MultiHeadAttentionImpl::project_one(const at::Tensor& input, int64_t which) const {
  const int64_t width = options_.width;
  const auto weight = input_weight.narrow(0, which * width, width);
  const auto bias = options_.bias ? input_bias.narrow(0, which * width, width) : at::Tensor();
  return affine(input, weight, bias)
      .view({input.size(0), input.size(1), options_.heads, width / options_.heads})
      .transpose(1, 2);  // [B, H, T, K]
}

}  // namespace heed
