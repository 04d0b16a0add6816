#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <utility>

namespace heed {

/// Which keys each query may attend to: those that mask, lengths, causality and window all allow.
struct AttentionScope {
  AttentionScope() = default;
  AttentionScope(at::Tensor allowed) : mask(std::move(allowed)) {}  // a mask is a scope

  /// Boolean, true = may attend, or numbers that are added to the scores. Against [B, H, T, S];
  /// with a window [B, 1, 1, S].
  at::Tensor mask = {};
  at::Tensor lengths = {};  ///< [B] int64: no query sees a key at or beyond its row's length
  bool causal = false;      ///< no query sees a later key; the queries are the last positions
  /// 0: none. W > 0: query t sees key s if |t - s| < W, computed in blocks; T = S.
  int64_t window = 0;

  /// Whether every query sees every key.
  bool is_open() const { return !mask.defined() && !lengths.defined() && !causal && window == 0; }
};

/// Which of S keys each of T queries, the last T of the positions, may attend to: bool [B or 1, H
/// or 1, T, S].
at::Tensor allowed_keys(const AttentionScope& scope, int64_t queries, int64_t keys,
                        at::Device device = at::kCPU);

}  // namespace heed
