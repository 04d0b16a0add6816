#pragma once

#include <cstdint>

#include "models/fused/kernels/instruction_set.h"

namespace heed {

/// A matrix whose rows are contiguous and start `row` numbers apart.
template <class Number>
struct RowsOf {
  Number* data;
  int64_t row;
};
using ReadRows = RowsOf<const float>;
using WriteRows = RowsOf<float>;

/// The input of one head of one sequence. Query t of T is position S - T + t.
struct AttentionHead {
  int64_t queries;      ///< T
  int64_t keys;         ///< S
  int64_t width;        ///< K, of queries and keys
  int64_t value_width;  ///< Kv
  ReadRows query;       ///< [T, K]
  ReadRows key;         ///< [S, K]
  ReadRows value;       ///< [S, Kv]
  ReadRows added;       ///< [T, S], added to the scores; -inf hides; null: nothing
  float scale;          ///< of the products of queries and keys; above 0
  int64_t key_length;   ///< keys from this one on are hidden; S: none is
  bool causal;          ///< no query sees a later key
};

/// Recomputes a row's weights from its scores: e^(score - row_max) * inverse_sum.
struct RowStatistics {
  float row_max, inverse_sum;
};

struct AttentionOutput {
  WriteRows output;           ///< [T, Kv]
  RowStatistics* statistics;  ///< [T]; null: not needed
  WriteRows weights;          ///< [T, S], 0 where hidden; null: not needed
};

struct AttentionGradients {
  ReadRows output;                  ///< [T, Kv], as forward gave it
  const RowStatistics* statistics;  ///< [T]
  ReadRows weights;                 ///< [T, S]; null: computed again from the statistics
  ReadRows output_gradient;         ///< [T, Kv]
  WriteRows query_gradient;         ///< [T, K], set, as are the next two
  WriteRows key_gradient;           ///< [S, K]
  WriteRows value_gradient;         ///< [S, Kv]
};

/// Attention of one head, on this thread. Pairs of a query and a later key, or one beyond
/// `key_length`, are not computed, up to the ends of a block. A query that may attend nowhere gives
/// zeros.
struct AttentionKernels {
  /// How many floats `scratch` of the two others must hold.
  int64_t (*scratch)(const AttentionHead& head);
  /// The queries [begin, end).
  void (*forward)(const AttentionHead& head, int64_t begin, int64_t end, const AttentionOutput& to,
                  float* scratch);
  void (*backward)(const AttentionHead& head, const AttentionGradients& with, float* scratch);
};

HEED_KERNEL_FAMILY(AttentionKernels, attention_kernels)

}  // namespace heed
