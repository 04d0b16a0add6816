#pragma once

#include <ATen/ATen.h>

#include <string>
#include <vector>

#include "models/attention/attention.h"

namespace heed {

/// All that one attention reads. Leading dimensions broadcast; what is undefined does not take
/// part.
struct AttentionInput {
  at::Tensor query;      ///< [..., T, K]
  at::Tensor key;        ///< [..., S, K]
  at::Tensor value;      ///< [..., S, Kv]
  at::Tensor mask = {};  ///< [..., T, S] boolean, true = may attend; or numbers that are added to
                         ///< the scores and get no gradient
  at::Tensor bias = {};  ///< [..., T, S] numbers that are added to the scores, with a gradient
  /// Relative positions (1901.02860): query t scores key s with relative_query[t] .
  /// relative_key[T - 1 - t + s] / sqrt(K) on top. The rows of relative_key are the distances from
  /// the last query and the first key, the greatest, down to the first query and the last key.
  at::Tensor relative_query = {};  ///< [..., T, K]
  at::Tensor relative_key = {};    ///< [..., T + S - 1, K]
  bool causal = false;             ///< no query sees a later key; the queries are the last T of S
  at::Tensor lengths = {};  ///< [B] int64, with heads [B, H, T, K]: keys from there on hidden
};

/// How it is computed: "fused", by kernels a head at a time, forward and backward, where they serve
/// (models/fused/fused_attention.h), else as "hand"; "hand", by LibTorch's operators, with the
/// gradients' formulas of attention_function.cpp; "autograd", the lines of
/// scaled_dot_product_attention, whose gradients LibTorch derives.
const std::vector<std::string>& backward_names();

struct AttentionSettings {
  double dropout = 0;  ///< as for scaled_dot_product_attention
  std::string backward = "fused";
  bool weights = true;  ///< return them too; without, they need not be kept
  /// More weights than these are computed anew for the backward pass, and not kept. By hand that
  /// takes 1.4 to 1.9 times as long, and half the memory; fused, they are kept up to 2^18 anyway.
  int64_t max_saved = int64_t{1} << 24;
};

/// softmax((Q K^T + Q_r K_r^T shifted) / sqrt(K) + bias, masked) V. The weights, where they are
/// asked for, carry no gradient but with backward "autograd". Rows that may attend nowhere, and
/// errors, as for scaled_dot_product_attention.
AttentionResult attend(const AttentionInput& input, const AttentionSettings& settings = {});

/// [..., T, T + S - 1] -> [..., T, S]: element (t, s) is the input's (t, T - 1 - t + s) (the
/// relative shift of 1901.02860, appendix B).
at::Tensor relative_shift(const at::Tensor& scores);

}  // namespace heed
