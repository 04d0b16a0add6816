#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <map>

#include "models/attention/attention_recorder.h"
#include "models/sequence.h"

namespace heed {

class SequenceModel;

/// The maps of one attention over a batch of sentences. A[q, k] is one head's map of one sentence:
/// the weight that query q gives to key k.
struct HeadMaps {
  at::Tensor weights = {};  ///< [B, H, T, S]
  /// Bool, broadcasts to [B, H, T, S]: which keys each query may attend to; undefined: all.
  at::Tensor allowed = {};
  /// [B] int64: how many queries of each sentence count; undefined: T.
  at::Tensor query_lengths = {};
  at::Tensor key_lengths = {};  ///< [B] int64; undefined: S
  at::Tensor tokens = {};       ///< [B, T] int64, of self-attention; undefined for cross-attention
  bool self = true;             ///< queries and keys are positions of one sequence; T = S
};

/// The maps of each attention recorded in one pass over `input`; layers count from 0.
std::map<LayerId, HeadMaps> head_maps(const AttentionRecorder& recorder,
                                      const SequenceInput& input);

/// Throws std::invalid_argument where the shapes above do not match.
void check(const HeadMaps& maps);

/// Which keys are open to each query: allowed, and not padding. Bool [B or 1, H or 1, T, S].
at::Tensor open_keys(const HeadMaps& maps);

/// Which queries are no padding and have at least that many open keys. Bool [B or 1, H or 1, T].
at::Tensor rows_with_keys(const HeadMaps& maps, int64_t at_least);

/// The weights, float32 or wider, zero where a key is not open: [B, H, T, S].
at::Tensor open_weights(const HeadMaps& maps);

/// The mean of `values` [B, H, T] over the `rows` (bool, broadcasts to the same) of each sentence:
/// [B, H] double, NaN where a sentence has none.
at::Tensor mean_over_rows(const at::Tensor& values, const at::Tensor& rows);

/// -sum of p ln p over the last dimension, 0 ln 0 = 0, in nats. `weights` [..., S], at least 0.
at::Tensor entropy_of_rows(const at::Tensor& weights);

}  // namespace heed
