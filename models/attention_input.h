#pragma once

#include <ATen/ATen.h>

#include <cstdint>

namespace heed {

// Plain tensors that positions, kernels and attention exchange. Letters: models/sequence_model.h.

/// What one attention reads. Leading dimensions broadcast; undefined tensors are ignored.
struct AttentionInput {
  at::Tensor query;      ///< [..., T, K]
  at::Tensor key;        ///< [..., S, K]
  at::Tensor value;      ///< [..., S, Kv]
  at::Tensor mask = {};  ///< [..., T, S] boolean, true = may attend; or numbers that are added to
                         ///< the scores and get no gradient
  at::Tensor bias = {};  ///< [..., T, S] numbers that are added to the scores, with a gradient
  /// Relative positions (1901.02860) add relative_query[t] . relative_key[T - 1 - t + s] / sqrt(K)
  /// to the score of query t and key s. The rows of relative_key are the distances in descending
  /// order: the first belongs to the last query and the first key.
  at::Tensor relative_query = {};  ///< [..., T, K]
  at::Tensor relative_key = {};    ///< [..., T + S - 1, K]
  bool causal = false;  ///< no query sees a later key; the queries are the last T of S positions
  at::Tensor lengths = {};  ///< [B] int64, with heads [B, H, T, K]: hides keys at and beyond it
};

struct AttentionSettings {
  double dropout = 0;   ///< probability that a weight is set to zero before it reaches the output
  bool weights = true;  ///< return the weights too; if false they need not be kept
  /// Up to this many weights are kept for the backward pass; beyond it they are computed again. The
  /// kernels keep at most 2^18. With the manual backward pass, computing them again takes 1.4 to
  /// 1.9 times as long and half the memory.
  int64_t max_saved = int64_t{1} << 24;
};

struct AttentionResult {
  at::Tensor output;   ///< [..., T, Kv]
  at::Tensor weights;  ///< [..., T, S]: after mask and softmax, before dropout; each row sums to
                       ///< one, or to zero where it may attend nowhere
};

/// The angles by which rotary positions rotate the dimensions (2i, 2i + 1) of queries and keys.
struct Rotation {
  at::Tensor cosine = {};  ///< [T, K], each cosine twice
  at::Tensor sine = {};    ///< [T, K], for each pair minus the sine, then the sine
};

/// What happens to queries and keys between their projection and their scores.
struct QkNormRopeOptions {
  int64_t heads = 1;
  bool normalised = false;      ///< each head's queries and keys divided by their root mean square
  at::Tensor query_scale = {};  ///< [H], a factor of each head's queries; undefined: 1
  Rotation rotation = {};       ///< undefined: none

  bool changes_anything() const {
    return normalised || query_scale.defined() || rotation.cosine.defined();
  }
};

}  // namespace heed
