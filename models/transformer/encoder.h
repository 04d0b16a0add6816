#pragma once

#include <ATen/ATen.h>
#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include <optional>
#include <string>
#include <vector>

#include "models/attention/attention_hook.h"
#include "models/attention/multi_head_attention.h"
#include "models/layers/feed_forward.h"
#include "models/layers/layer_norm.h"
#include "models/layers/residual.h"
#include "models/sequence_model.h"

namespace heed {

struct EncoderOptions {
  int64_t layers = 1;        ///< L
  int64_t width = 0;         ///< D
  int64_t heads = 1;         ///< H
  int64_t feed_forward = 0;  ///< width inside the feed-forward network; 0: layers have none
  Activation activation = Activation::gelu;
  bool norm_first = true;  ///< pre-norm (2002.04745), else post-norm as in 1706.03762
  NormType norm_type = NormType::layer;
  bool query_key_norm = false;  ///< in every attention
  bool bias = true;             ///< in every projection and norm
  double dropout =
      0;  ///< on attention weights, inside the feed-forward network, on the residual branches
  std::string position = "none";  ///< a kind of models/positions/, for self-attention
  AttentionKind recorded_as = AttentionKind::self;

  FeedForwardOptions feed_forward_options() const;
  MultiHeadAttentionOptions attention_options() const;
  LayerNorm make_norm() const { return LayerNorm(width, bias, norm_type); }
  ResidualOptions residual(bool training) const {
    return {.norm_first = norm_first, .dropout = dropout, .training = training};
  }
};

/// Self-attention and feed-forward network, each with a residual connection and a layer norm.
/// Pre-norm:  x = x + Attention(Norm(x)); x = x + FeedForward(Norm(x)).
/// Post-norm: x = Norm(x + Attention(x)); x = Norm(x + FeedForward(x)).
/// Without a feed-forward network it is the first of the two alone, as in attention-only models
/// (Elhage et al. 2021).
class EncoderLayerImpl : public torch::nn::Module {
 public:
  EncoderLayerImpl(const EncoderOptions& options, int64_t index);

  /// input [B, T, D] -> [B, T, D]; hook and cache may be null.
  at::Tensor forward(at::Tensor input, const AttentionMask& mask = {},
                     AttentionHook* hook = nullptr, KeyValueCache* cache = nullptr);

  const EncoderOptions& options() const { return options_; }

  /// The paths of its blocks within `mask`.
  void describe_paths(const std::string& name, const AttentionMask& mask,
                      std::vector<BlockPath>& paths) const;

  MultiHeadAttention attention{nullptr};
  FeedForward feed_forward{nullptr};  ///< empty, like its norm, without a feed-forward network
  LayerNorm attention_norm{nullptr};
  LayerNorm feed_forward_norm{nullptr};

 private:
  std::optional<at::Tensor> decode(const at::Tensor& input, KeyValueCache& cache);
  at::Tensor attention_block(const at::Tensor& input, const AttentionMask& mask,
                             AttentionHook* hook, KeyValueCache* cache);
  at::Tensor feed_forward_block(const at::Tensor& input);
  fused::Needs attention_needs(const AttentionMask& mask) const;
  fused::Needs feed_forward_needs() const;
  at::Tensor attend(const at::Tensor& input, const AttentionMask& mask, AttentionHook* hook,
                    KeyValueCache* cache);

  EncoderOptions options_;
  int64_t index_;
};
TORCH_MODULE(EncoderLayer);

/// L encoder layers; pre-norm stacks end with one more norm. With a causal mask it is the body of a
/// language model.
class EncoderImpl : public torch::nn::Module {
 public:
  explicit EncoderImpl(const EncoderOptions& options);

  /// input [B, T, D] -> [B, T, D]. `caches`, if given, holds one cache per layer.
  at::Tensor forward(at::Tensor input, const AttentionMask& mask = {},
                     AttentionHook* hook = nullptr, std::vector<KeyValueCache>* caches = nullptr);

  void describe_paths(const std::string& name, const AttentionMask& mask,
                      std::vector<BlockPath>& paths) const;

  std::vector<EncoderLayer> layers;
  LayerNorm final_norm{nullptr};  ///< empty for post-norm
};
TORCH_MODULE(Encoder);

}  // namespace heed
