#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

#include "src/analysis/head_maps.h"

namespace heed {

/// The fixed offset d = q - k that a head gives most weight to: the largest over d of the mean of
/// A[q, q - d] over the rows that have an open key there. 1 is the previous token, -1 the next one.
///
/// Rows with one open key do not count: their weight is forced. Nor do offsets that fewer than half
/// of the other rows have; otherwise the few rows far from the first token would make a head that
/// looks there positional. All rows of all sentences have the same weight. After the positional
/// heads of Voita et al. 2019 (1905.09418), but by weight where they count maxima.
class OffsetScores {
 public:
  /// A batch of the same attention. Throws std::invalid_argument as check() does, or for another
  /// number of heads than before.
  void add(const HeadMaps& maps);

  struct Best {
    double mass = 0;     ///< NaN where there is no such offset
    int64_t offset = 0;  ///< of equal ones the smallest, a positive one before its negative
  };
  /// One per head.
  std::vector<Best> best() const;

 private:
  void make_room(int64_t reach);

  // Offset d is at index d + reach_ of the last dimension.
  int64_t reach_ = 0;
  at::Tensor mass_;  // [H, 2 reach + 1] double
  at::Tensor keys_;  // the same: how many rows have a key there
  at::Tensor rows_;  // [H] double
};

}  // namespace heed
