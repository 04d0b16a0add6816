#pragma once

#include <ATen/ATen.h>
#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include <memory>
#include <string>

#include "models/attention/attention_function.h"
#include "models/attention/attention_hook.h"
#include "models/attention/attention_mask.h"
#include "models/attention/key_value_cache.h"
#include "models/fused/qk_norm_rope.h"
#include "models/positions/attention_positions.h"

namespace heed {

struct MultiHeadAttentionOptions {
  int64_t width = 0;               ///< D, divisible by heads
  int64_t heads = 1;               ///< H; each head has the width K = D / H
  bool bias = true;                ///< of all four projections
  double dropout = 0;              ///< on the weights, while training
  bool query_key_norm = false;     ///< queries and keys of equal length (2010.04245)
  std::string position = "none";   ///< what tells order inside (models/positions/)
  std::string backward = "fused";  ///< of attend()
};

/// Multi-head attention, Concat(head_1 ... head_H) W_O with head_i = Attention(Q W_Q_i, K W_K_i, V
/// W_V_i) (1706.03762, section 3.2.2), for self-attention (three times the same input) and
/// cross-attention. With query_key_norm, each head's queries and keys are divided by their root
/// mean square and the queries multiplied by a trained number a head, so that its scores cannot
/// grow without bound (2010.04245, with the root mean square for the length).
class MultiHeadAttentionImpl : public torch::nn::Module {
 public:
  /// Throws std::invalid_argument if the heads do not divide the width.
  explicit MultiHeadAttentionImpl(const MultiHeadAttentionOptions& options);

  /// query [B, T, D], key and value [B, S, D] -> the output [B, T, D] and the weights [B, H, T, S],
  /// which are left out if `weights` is false. With positions inside, the queries are the last T of
  /// the S positions. With a cache, the new keys and values are appended to it and the queries
  /// attend to all it then holds; key and value undefined: to what it holds already. `hook_point`
  /// says who looks on.
  AttentionResult forward(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                          const AttentionMask& mask = {}, KeyValueCache* cache = nullptr,
                          bool weights = true, const HookPoint& hook_point = {});

  const MultiHeadAttentionOptions& options() const { return options_; }

  /// What is done to queries and keys of the positions 0 to length - 1 before they meet, and
  /// whether that is all that tells order.
  QkNormRopeOptions qk_norm_rope(int64_t length) const;
  bool only_rotates() const { return !positions_ || positions_->is_rotation(); }

  at::Tensor input_weight;   ///< [3 D, D]: W_Q, W_K, W_V one under the other; head h owns rows h K
                             ///< to (h + 1) K
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
  Heads apply_qk_norm_and_rope(Heads heads, int64_t start) const;
  at::Tensor apply_qk_norm_and_rope(const at::Tensor& projected) const;
  at::Tensor scaled_query(const at::Tensor& query) const;
  AttentionSettings settings(bool weights) const;
  AttentionResult attend_to_itself(const at::Tensor& input, const AttentionMask& mask,
                                   bool weights) const;
  AttentionResult combine_heads(const AttentionResult& heads, const AttentionMask& mask,
                                const HookPoint& hook_point) const;
  AttentionResult attend_with(const Heads& heads, const AttentionMask& mask, bool weights) const;

  MultiHeadAttentionOptions options_;
  std::shared_ptr<AttentionPositions> positions_;  // null where order is told elsewhere
};
TORCH_MODULE(MultiHeadAttention);

}  // namespace heed
