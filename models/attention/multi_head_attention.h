#pragma once

#include <ATen/ATen.h>
#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include <memory>
#include <string>

#include "models/attention/attention.h"
#include "models/attention/attention_hook.h"
#include "models/attention/attention_mask.h"
#include "models/attention/key_value_cache.h"
#include "models/dispatch.h"
#include "models/positions/positional_encoding.h"

namespace heed {

struct MultiHeadAttentionOptions {
  int64_t width = 0;              ///< D, divisible by heads
  int64_t heads = 1;              ///< H; each head has the width K = D / H
  bool bias = true;               ///< in all four projections
  double dropout = 0;             ///< on the weights, while training
  bool query_key_norm = false;    ///< queries and keys of equal length (2010.04245)
  std::string position = "none";  ///< a kind of models/positions/; the constructor resolves it
};

/// Multi-head attention, Concat(head_1 ... head_H) W_O with head_i = Attention(Q W_Q_i, K W_K_i, V
/// W_V_i) (1706.03762, section 3.2.2), for self-attention (three times the same input) and
/// cross-attention. With query_key_norm, each head's queries and keys are divided by their root
/// mean square and the queries multiplied by a trained number per head, so that its scores cannot
/// grow without bound (2010.04245, with the root mean square for the length).
class MultiHeadAttentionImpl : public torch::nn::Module {
 public:
  /// Throws std::invalid_argument if the heads do not divide the width.
  explicit MultiHeadAttentionImpl(const MultiHeadAttentionOptions& options);

  /// query [B, T, D], key and value [B, S, D] -> the output [B, T, D] and the weights [B, H, T, S],
  /// which are left out if `weights` is false. The queries are the last T of the S positions. With
  /// a cache, the new keys and values are appended to it and the queries attend to everything it
  /// then holds; if key and value are undefined, to what it already holds. `hook_point` observes or
  /// replaces the heads' outputs.
  AttentionResult forward(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                          const AttentionMask& mask = {}, KeyValueCache* cache = nullptr,
                          bool weights = true, const HookPoint& hook_point = {});

  const MultiHeadAttentionOptions& options() const { return options_; }

  /// x + SelfAttention(norm(x)) over positions 0 to length - 1, for the kernels. This module and
  /// the norm must outlive it.
  fused::AttentionBlock block(const fused::Norm& norm, int64_t length) const;

  /// What self-attention within `mask` needs of the kernels.
  fused::Needs needs(const AttentionMask& mask) const;

  at::Tensor input_weight;   ///< [3 D, D]: W_Q, W_K and W_V stacked; head h owns rows h K to
                             ///< (h + 1) K of each
  at::Tensor input_bias;     ///< [3 D]
  at::Tensor output_weight;  ///< [D, D]: W_O
  at::Tensor output_bias;    ///< [D]
  at::Tensor query_scale;    ///< [H], starts at one; undefined without query_key_norm

 private:
  struct Heads {
    at::Tensor query, key, value;  // [B, H, T or S, K]
  };
  Heads project(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value) const;
  at::Tensor project_one(const at::Tensor& input, int64_t which) const;
  Heads split(const at::Tensor& projected) const;  // [B, T, 3 D]
  QkNormRopeOptions qk_norm_rope(int64_t length) const;
  bool only_rotates() const { return !positions_ || positions_->is_rotation(); }
  double dropout() const { return is_training() ? options_.dropout : 0; }
  Heads apply_qk_norm_and_rope(Heads heads, int64_t start) const;
  at::Tensor scaled_query(const at::Tensor& query) const;
  AttentionSettings settings(bool weights) const {
    return {.dropout = dropout(), .weights = weights};
  }
  AttentionResult attend_to_itself(const at::Tensor& input, const AttentionMask& mask,
                                   bool weights) const;
  AttentionResult combine_heads(const AttentionResult& heads, const AttentionMask& mask,
                                const HookPoint& hook_point) const;
  AttentionResult attend_with(const Heads& heads, const AttentionMask& mask, bool weights) const;

  MultiHeadAttentionOptions options_;
  std::shared_ptr<AttentionPositions> positions_;  // null for kinds that act on the input
};
TORCH_MODULE(MultiHeadAttention);

}  // namespace heed
