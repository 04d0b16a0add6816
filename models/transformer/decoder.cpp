#include "models/transformer/decoder.h"

#include <string>

#include "models/layers/residual.h"

namespace heed {

void DecoderCache::select(const at::Tensor& rows) {
  self.select(rows);
  cross.select(rows);
}

DecoderLayerImpl::DecoderLayerImpl(const EncoderOptions& options, int64_t index)
    : options_(options), index_(index) {
  auto attention = options.attention_options();
  self_attention = register_module("self_attention", MultiHeadAttention(attention));
  attention.position = "none";  // a target's position and a source's have no distance
  cross_attention = register_module("cross_attention", MultiHeadAttention(attention));
  const bool has_feed_forward = options.feed_forward > 0;
  if (has_feed_forward)
    feed_forward = register_module("feed_forward", FeedForward(options.feed_forward_options()));
  self_attention_norm = register_module("self_attention_norm", options.make_norm());
  cross_attention_norm = register_module("cross_attention_norm", options.make_norm());
  if (has_feed_forward)
    feed_forward_norm = register_module("feed_forward_norm", options.make_norm());
}

at::Tensor DecoderLayerImpl::forward(at::Tensor input, const DecoderMemory& memory,
                                     const AttentionMask& mask, AttentionHook* hook,
                                     DecoderCache* cache) {
  const auto residual = options_.residual(is_training());
  input = with_residual(input, self_attention_norm, residual,
                        [&](const at::Tensor& x) { return attend_self(x, mask, hook, cache); });
  input = with_residual(input, cross_attention_norm, residual,
                        [&](const at::Tensor& x) { return attend_cross(x, memory, hook, cache); });
  if (!feed_forward) return input;
  return with_residual(input, feed_forward_norm, residual,
                       [&](const at::Tensor& x) { return feed_forward->forward(x); });
}

at::Tensor DecoderLayerImpl::attend_self(const at::Tensor& input, const AttentionMask& mask,
                                         AttentionHook* hook, DecoderCache* cache) {
  const HookPoint hook_point{hook, {.kind = AttentionKind::decoder, .layer = index_}};
  return self_attention
      ->forward(input, input, input, mask, cache ? &cache->self : nullptr,
                hook_point.wants_weights(), hook_point)
      .output;
}

at::Tensor DecoderLayerImpl::attend_cross(const at::Tensor& input, const DecoderMemory& memory,
                                          AttentionHook* hook, DecoderCache* cache) {
  const bool known = cache && cache->cross.length() > 0;
  const auto source = known ? at::Tensor() : memory.states;
  const HookPoint hook_point{hook, {.kind = AttentionKind::cross, .layer = index_}};
  return cross_attention
      ->forward(input, source, source, memory.mask, cache ? &cache->cross : nullptr,
                hook_point.wants_weights(), hook_point)
      .output;
}

DecoderImpl::DecoderImpl(const EncoderOptions& options) {
  for (int64_t index = 0; index < options.layers; ++index)
    layers.push_back(
        register_module("layer" + std::to_string(index), DecoderLayer(options, index)));
  if (options.norm_first) final_norm = register_module("final_norm", options.make_norm());
}

at::Tensor DecoderImpl::forward(at::Tensor input, const DecoderMemory& memory,
                                const AttentionMask& mask, AttentionHook* hook,
                                std::vector<DecoderCache>* caches) {
  for (size_t index = 0; index < layers.size(); ++index)
    input = layers[index]->forward(input, memory, mask, hook, caches ? &(*caches)[index] : nullptr);
  return final_norm ? final_norm->forward(input) : input;  // [B, T, D]
}

void DecoderImpl::describe_paths(const std::string& name, const AttentionMask& mask,
                                 std::vector<BlockPath>& paths) const {
  for (size_t index = 0; index < layers.size(); ++index) {
    const auto& layer = *layers[index];
    const auto layer_name = name + ".layer" + std::to_string(index);
    paths.emplace_back(layer_name + ".self_attention",
                       fused::choose_path(layer.self_attention->needs(mask),
                                          {&layer.self_attention->input_weight}));
    paths.emplace_back(layer_name + ".cross_attention",
                       fused::choose_path(layer.cross_attention->needs({}),
                                          {&layer.cross_attention->input_weight}));
  }
}

}  // namespace heed
