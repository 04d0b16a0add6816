#include "models/encoder.h"

#include "models/residual.h"

namespace heed {

FeedForwardOptions EncoderOptions::feed_forward_options() const {
  return {.width = width,
          .hidden = feed_forward,
          .activation = activation,
          .bias = bias,
          .dropout = dropout};
}

EncoderLayerImpl::EncoderLayerImpl(const EncoderOptions& options, int64_t index)
    : options_(options), index_(index) {
  attention = register_module(
      "attention", MultiHeadAttention(MultiHeadAttentionOptions{.width = options.width,
                                                                .heads = options.heads,
                                                                .bias = options.bias,
                                                                .dropout = options.dropout,
                                                                .position = options.position,
                                                                .backward = options.backward}));
  const bool has_feed_forward = options.feed_forward > 0;
  if (has_feed_forward)
    feed_forward = register_module("feed_forward", FeedForward(options.feed_forward_options()));
  const auto norm = [&] { return LayerNorm(options.width, options.bias); };
  attention_norm = register_module("attention_norm", norm());
  if (has_feed_forward) feed_forward_norm = register_module("feed_forward_norm", norm());
}

at::Tensor EncoderLayerImpl::forward(at::Tensor input, const AttentionScope& scope,
                                     AttentionProbe* probe, KeyValueCache* cache) {
  input = with_residual(input, attention_norm, options_, is_training(),
                        [&](const at::Tensor& x) { return attend(x, scope, probe, cache); });
  if (!feed_forward) return input;
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
  if (options.norm_first)
    final_norm = register_module("final_norm", LayerNorm(options.width, options.bias));
}

at::Tensor EncoderImpl::forward(at::Tensor input, const AttentionScope& scope,
                                AttentionProbe* probe, std::vector<KeyValueCache>* caches) {
  for (size_t index = 0; index < layers.size(); ++index)
    input = layers[index]->forward(input, scope, probe, caches ? &(*caches)[index] : nullptr);
  return final_norm ? final_norm->forward(input) : input;  // [B, T, D]
}

}  // namespace heed
