#pragma once

#include <ATen/ATen.h>
#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include "models/attention.h"

namespace heed {

struct MultiHeadAttentionOptions {
  int64_t width = 0;   ///< D, divisible by heads
  int64_t heads = 1;   ///< H; each head has the width K = D / H
  bool bias = true;    ///< of all four projections
  double dropout = 0;  ///< on the weights, while training
};

/// Keys and values of the positions seen so far, for incremental decoding.
struct KeyValueCache {
  at::Tensor key;    ///< [B, H, S, K]; undefined before the first position
  at::Tensor value;  ///< [B, H, S, K]
};

/// Multi-head attention, Concat(head_1 ... head_H) W_O with head_i = Attention(Q W_Q_i, K W_K_i, V
/// W_V_i) (1706.03762, section 3.2.2), for self-attention (three times the same input) and
/// cross-attention.
class MultiHeadAttentionImpl : public torch::nn::Module {
 public:
  /// Throws std::invalid_argument if the heads do not divide the width.
  explicit MultiHeadAttentionImpl(const MultiHeadAttentionOptions& options);

  /// query [B, T, D], key and value [B, S, D]; `mask` as for scaled_dot_product_attention, against
  /// [B, H, T, S]. With a cache, the new keys and values are appended to it and the queries attend
  /// to all it then holds. Returns the output [B, T, D] and the weights [B, H, T, S].
  AttentionResult forward(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                          const at::Tensor& mask = {}, KeyValueCache* cache = nullptr);

  at::Tensor input_weight;   ///< [3 D, D]: W_Q, W_K, W_V one under the other; head h owns rows h K
                             ///< to (h + 1) K
  at::Tensor input_bias;     ///< [3 D]
  at::Tensor output_weight;  ///< [D, D]: W_O
  at::Tensor output_bias;    ///< [D]

 private:
  struct Heads {
    at::Tensor query, key, value;  // [B, H, T or S, K]
  };
  Heads project(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value) const;
  at::Tensor project_one(const at::Tensor& input, int64_t which) const;

  MultiHeadAttentionOptions options_;
};
TORCH_MODULE(MultiHeadAttention);

}  // namespace heed
