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

at::Tensor EncoderLayerImpl::forward(at::Tensor input, const AttentionMask& mask,
                                     AttentionHook* hook, KeyValueCache* cache) {
  if (cache && !hook && mask.is_full() && supports_decode_layer(*this, input))
    return decode_layer(*this, input, *cache);
  if (options_.norm_first && !hook && !cache && supports_attention_block(input, *attention, mask))
    input = fused_attention_block(input, *attention_norm, *attention, mask);
  else
    input = with_residual(input, attention_norm, options_, is_training(),
                          [&](const at::Tensor& x) { return attend(x, mask, hook, cache); });
  if (!feed_forward) return input;
  if (options_.norm_first && supports_feed_forward_block(input, *feed_forward))
    return fused_feed_forward_block(input, *feed_forward_norm, *feed_forward);
  return with_residual(input, feed_forward_norm, options_, is_training(),
                       [&](const at::Tensor& x) { return feed_forward->forward(x); });
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

}  // namespace heed
