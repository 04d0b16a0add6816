#pragma once

#include <ATen/ATen.h>
#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include <vector>

#include "models/transformer/encoder.h"

namespace heed {

/// The cache of a decoder layer between incremental steps.
struct DecoderCache {
  KeyValueCache self;   ///< of the target's positions so far
  KeyValueCache cross;  ///< of the source; filled at the first step

  void select(const at::Tensor& rows);
  int64_t numel() const { return self.numel() + cross.numel(); }
};

/// What a decoder reads besides its own input.
struct DecoderMemory {
  at::Tensor states;     ///< [B, S, D]: the encoder's output
  at::Tensor mask = {};  ///< [B, 1, 1, S]: which of them count; undefined: all
};

/// A decoder layer (1706.03762, section 3.1): self-attention, cross-attention from the target's
/// positions to the encoder's output, feed-forward network if the options have one; each with a
/// residual connection and a layer norm, before (pre-norm) or after (post-norm) as in EncoderLayer.
/// Both attentions are MultiHeadAttention; positions act only inside self-attention.
class DecoderLayerImpl : public torch::nn::Module {
 public:
  DecoderLayerImpl(const EncoderOptions& options, int64_t index);

  /// input [B, T, D] -> [B, T, D]; `mask` is for self-attention; hook and cache may be null.
  at::Tensor forward(at::Tensor input, const DecoderMemory& memory, const AttentionMask& mask,
                     AttentionHook* hook = nullptr, DecoderCache* cache = nullptr);

  MultiHeadAttention self_attention{nullptr};
  MultiHeadAttention cross_attention{nullptr};
  FeedForward feed_forward{nullptr};  ///< empty, like its norm, without a feed-forward network
  LayerNorm self_attention_norm{nullptr};
  LayerNorm cross_attention_norm{nullptr};
  LayerNorm feed_forward_norm{nullptr};

 private:
  at::Tensor attend_self(const at::Tensor& input, const AttentionMask& mask, AttentionHook* hook,
                         DecoderCache* cache);
  at::Tensor attend_cross(const at::Tensor& input, const DecoderMemory& memory, AttentionHook* hook,
                          DecoderCache* cache);

  EncoderOptions options_;
  int64_t index_;
};
TORCH_MODULE(DecoderLayer);

/// L decoder layers; pre-norm stacks end with one more norm.
class DecoderImpl : public torch::nn::Module {
 public:
  explicit DecoderImpl(const EncoderOptions& options);

  /// input [B, T, D] -> [B, T, D]. `caches`, if given, holds one per layer.
  at::Tensor forward(at::Tensor input, const DecoderMemory& memory, const AttentionMask& mask,
                     AttentionHook* hook = nullptr, std::vector<DecoderCache>* caches = nullptr);

  /// The paths of the attentions' kernels; a decoder's blocks as a whole have none.
  void describe_paths(const std::string& name, const AttentionMask& mask,
                      std::vector<BlockPath>& paths) const;

  std::vector<DecoderLayer> layers;
  LayerNorm final_norm{nullptr};  ///< empty for post-norm
};
TORCH_MODULE(Decoder);

}  // namespace heed
