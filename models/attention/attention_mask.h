#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <utility>

namespace heed {

// Masks are boolean and broadcast against scores [B, H, T, S]. They mean one thing everywhere:
// true = the query may attend to the key.

/// [T, S]: no query sees a later position. Where T < S the queries are the last T of the S
/// positions, as in incremental decoding.
at::Tensor causal_mask(int64_t queries, int64_t keys, at::Device device = at::kCPU);

/// [B, 1, 1, S]: no query sees a key at or beyond its row's length. `lengths` [B] int64.
at::Tensor padding_mask(const at::Tensor& lengths, int64_t keys);

/// Both of them, where they are asked for: [T, S] or [B, 1, T, S] or [B, 1, 1, S]; undefined where
/// nothing is hidden. `lengths` may be undefined.
at::Tensor limits_mask(bool causal, const at::Tensor& lengths, int64_t queries, int64_t keys,
                       at::Device device = at::kCPU);

/// Any 0/1 matrix [T, S] as a mask. Throws std::invalid_argument for another shape or other values.
at::Tensor matrix_mask(const at::Tensor& matrix);

/// Both must allow. An undefined mask allows everything; the result is undefined if both are.
at::Tensor both_masks(const at::Tensor& first, const at::Tensor& second);

/// Which keys each query may attend to: those that mask, lengths, causality and window all allow.
struct AttentionMask {
  AttentionMask() = default;
  AttentionMask(at::Tensor allowed) : mask(std::move(allowed)) {}  // a tensor alone is a mask

  /// Boolean, true = may attend, or numbers that are added to the scores. Against [B, H, T, S];
  /// with a window [B, 1, 1, S].
  at::Tensor mask = {};
  at::Tensor lengths = {};  ///< [B] int64: no query sees a key at or beyond its row's length
  bool causal = false;      ///< no query sees a later key; the queries are the last positions
  /// 0: none. W > 0: query t sees key s if |t - s| < W, computed in blocks; T = S.
  int64_t window = 0;

  /// Whether every query sees every key.
  bool is_full() const { return !mask.defined() && !lengths.defined() && !causal && window == 0; }
};

/// Which of S keys each of T queries, the last T of the positions, may attend to: bool [B or 1, H
/// or 1, T, S].
at::Tensor allowed_keys(const AttentionMask& mask, int64_t queries, int64_t keys,
                        at::Device device = at::kCPU);

}  // namespace heed
