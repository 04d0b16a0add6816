#pragma once

#include <ATen/ATen.h>

namespace heed {

struct AttentionResult {
  at::Tensor output;   ///< [..., T, Kv]
  at::Tensor weights;  ///< [..., T, S]: after mask and softmax, before dropout; each row sums to
                       ///< one, or to zero where it may attend nowhere
};

/// Scaled dot-product attention, softmax(Q K^T / sqrt(K)) V (Vaswani et al. 2017, 1706.03762,
/// equation 1).
///
/// query [..., T, K], key [..., S, K], value [..., S, Kv]: any leading dimensions that broadcast.
/// `mask` broadcasts against [..., T, S]: boolean (true = may attend), or numbers that are added to
/// the scores (-inf = hidden), or undefined. A row that may attend nowhere gives zeros, output and
/// gradient. `dropout` is the probability with which a weight is set to zero on its way to the
/// output; pass 0 outside of training. Throws std::invalid_argument where the shapes do not fit.
///
/// These are the readable lines that everything else is held against. What the models run is
/// attend() in models/attention/attention_function.h.
AttentionResult scaled_dot_product_attention(const at::Tensor& query, const at::Tensor& key,
                                             const at::Tensor& value, const at::Tensor& mask = {},
                                             double dropout = 0);

}  // namespace heed
