#include "models/transformer/encoder.h"

#include "models/dispatch.h"
#include "models/layers/residual.h"

namespace heed {

FeedForwardOptions EncoderOptions::feed_forward_options() const {
  return {.width = width,
          .hidden = feed_forward,
          .activation = activation,
          .bias = bias,
          .dropout = dropout};
}

MultiHeadAttentionOptions EncoderOptions::attention_options() const {
  return {.width = width,
          .heads = heads,
          .bias = bias,
          .dropout = dropout,
          .query_key_norm = query_key_norm,
          .position = position};
}

EncoderLayerImpl::EncoderLayerImpl(const EncoderOptions& options, int64_t index)
    : options_(options), index_(index) {
  attention = register_module("attention", MultiHeadAttention(options.attention_options()));
  const bool has_feed_forward = options.feed_forward > 0;
  if (has_feed_forward)
    feed_forward = register_module("feed_forward", FeedForward(options.feed_forward_options()));
  attention_norm = register_module("attention_norm", options.make_norm());
  if (has_feed_forward)
    feed_forward_norm = register_module("feed_forward_norm", options.make_norm());
}

at::Tensor EncoderLayerImpl::forward(at::Tensor input, const AttentionMask& mask,
                                     AttentionHook* hook, KeyValueCache* cache) {
  if (cache && !hook && mask.is_full())
    if (auto output = decode(input, *cache)) return *output;
  input = attention_block(input, mask, hook, cache);
  return feed_forward ? feed_forward_block(input) : input;
}

// One new position that sees everything so far, by kernels.
std::optional<at::Tensor> EncoderLayerImpl::decode(const at::Tensor& input, KeyValueCache& cache) {
  fused::TransformerLayer layer{
      .attention = attention->block(attention_norm->view(), cache.length() + 1),
      .feed_forward = {},
      .norm_first = options_.norm_first};
  if (feed_forward) layer.feed_forward.emplace(feed_forward->block(feed_forward_norm->view()));
  return fused::try_decode_layer(attention->needs({}), input, layer, [&] {
    cache.extend(input.size(0), options_.heads, /*count=*/1, options_.width / options_.heads,
                 input.options());
    return fused::KeysAndValues{cache.key, cache.value};
  });
}

at::Tensor EncoderLayerImpl::attention_block(const at::Tensor& input, const AttentionMask& mask,
                                             AttentionHook* hook, KeyValueCache* cache) {
  auto needs = attention_needs(mask);
  needs.hook = hook, needs.cache = cache;
  if (auto output = fused::try_attention_block(
          needs, input, attention->block(attention_norm->view(), input.size(1)), mask.causal,
          mask.lengths))
    return *output;
  return with_residual(input, attention_norm, options_.residual(is_training()),
                       [&](const at::Tensor& x) { return attend(x, mask, hook, cache); });
}

at::Tensor EncoderLayerImpl::feed_forward_block(const at::Tensor& input) {
  if (auto output = fused::try_feed_forward_block(feed_forward_needs(), input,
                                                  feed_forward->block(feed_forward_norm->view())))
    return *output;
  return with_residual(input, feed_forward_norm, options_.residual(is_training()),
                       [&](const at::Tensor& x) { return feed_forward->forward(x); });
}

fused::Needs EncoderLayerImpl::attention_needs(const AttentionMask& mask) const {
  auto needs = attention->needs(mask);
  needs.norm_last = !options_.norm_first;
  return needs;
}

fused::Needs EncoderLayerImpl::feed_forward_needs() const {
  return {.dropout = is_training() ? options_.dropout : 0, .norm_last = !options_.norm_first};
}

void EncoderLayerImpl::describe_paths(const std::string& name, const AttentionMask& mask,
                                      std::vector<BlockPath>& paths) const {
  paths.emplace_back(name + ".attention",
                     fused::choose_path(attention_needs(mask), {&attention->input_weight}));
  if (feed_forward)
    paths.emplace_back(name + ".feed_forward",
                       fused::choose_path(feed_forward_needs(), {&feed_forward->inner->weight}));
}

at::Tensor EncoderLayerImpl::attend(const at::Tensor& input, const AttentionMask& mask,
                                    AttentionHook* hook, KeyValueCache* cache) {
  const HookPoint hook_point{hook, {.kind = options_.recorded_as, .layer = index_}};
  return attention
      ->forward(input, input, input, mask, cache, hook_point.wants_weights(), hook_point)
      .output;
}

EncoderImpl::EncoderImpl(const EncoderOptions& options) {
  for (int64_t index = 0; index < options.layers; ++index)
    layers.push_back(
        register_module("layer" + std::to_string(index), EncoderLayer(options, index)));
  if (options.norm_first) final_norm = register_module("final_norm", options.make_norm());
}

at::Tensor EncoderImpl::forward(at::Tensor input, const AttentionMask& mask, AttentionHook* hook,
                                std::vector<KeyValueCache>* caches) {
  for (size_t index = 0; index < layers.size(); ++index)
    input = layers[index]->forward(input, mask, hook, caches ? &(*caches)[index] : nullptr);
  return final_norm ? final_norm->forward(input) : input;  // [B, T, D]
}

void EncoderImpl::describe_paths(const std::string& name, const AttentionMask& mask,
                                 std::vector<BlockPath>& paths) const {
  for (size_t index = 0; index < layers.size(); ++index)
    layers[index]->describe_paths(name + ".layer" + std::to_string(index), mask, paths);
}

}  // namespace heed
