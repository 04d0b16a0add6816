#pragma once

#include <ATen/ATen.h>

namespace heed {

/// Mean and spread over sentences of a number for each head, gathered batch by batch.
class HeadStatistics {
 public:
  /// `values` [B, H], a sentence each; NaN is left out. Throws std::invalid_argument for another
  /// shape or number of heads than before.
  void add(const at::Tensor& values);

  /// Whether a batch was added; the rest needs one.
  bool has_heads() const { return count_.defined(); }
  /// [H] double, NaN without a value.
  at::Tensor mean() const;
  /// [H] double: the standard deviation over sentences (n - 1), NaN with fewer than two values.
  at::Tensor spread() const;
  /// [H] int64: how many sentences had a value.
  at::Tensor count() const;

 private:
  at::Tensor count_;    // [H] double, here and below
  at::Tensor mean_;     // 0 where there is no value yet
  at::Tensor squares_;  // of the differences from the mean
};

}  // namespace heed
