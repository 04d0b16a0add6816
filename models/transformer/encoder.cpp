#include "models/transformer/encoder.h"

#include "models/fused/decode_layer.h"
#include "models/fused/fused_attention_block.h"
#include "models/fused/fused_feed_forward.h"
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
          .position = position,
          .backward = backward};
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

at::Tensor EncoderLayerImpl::forward(at::Tensor input, const AttentionScope& scope,
                                     AttentionProbe* probe, KeyValueCache* cache) {
  if (cache && !probe && scope.is_open() && step_serves(*this, input))
    return step_layer(*this, input, *cache);
  if (options_.norm_first && !probe && !cache && attention_block_serves(input, *attention, scope))
    input = fused_attention_block(input, *attention_norm, *attention, scope);
  else
    input = with_residual(input, attention_norm, options_, is_training(),
                          [&](const at::Tensor& x) { return attend(x, scope, probe, cache); });
  if (!feed_forward) return input;
  if (options_.norm_first && feed_forward_block_serves(input, *feed_forward))
    return fused_feed_forward_block(input, *feed_forward_norm, *feed_forward);
  return with_residual(input, feed_forward_norm, options_, is_training(),
                       [&](const at::Tensor& x) { return feed_forward->forward(x); });
}

at::Tensor EncoderLayerImpl::attend(const at::Tensor& input, const AttentionScope& scope,
                                    AttentionProbe* probe, KeyValueCache* cache) {
  const AttentionSite site{probe, {.kind = options_.recorded_as, .layer = index_}};
  return attention->forward(input, input, input, scope, cache, site.wants_weights(), site).output;
}

EncoderImpl::EncoderImpl(const EncoderOptions& options) {
  for (int64_t index = 0; index < options.layers; ++index)
    layers.push_back(
        register_module("layer" + std::to_string(index), EncoderLayer(options, index)));
  if (options.norm_first) final_norm = register_module("final_norm", options.make_norm());
}

at::Tensor EncoderImpl::forward(at::Tensor input, const AttentionScope& scope,
                                AttentionProbe* probe, std::vector<KeyValueCache>* caches) {
  for (size_t index = 0; index < layers.size(); ++index)
    input = layers[index]->forward(input, scope, probe, caches ? &(*caches)[index] : nullptr);
  return final_norm ? final_norm->forward(input) : input;  // [B, T, D]
}

}  // namespace heed
