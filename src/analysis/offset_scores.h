#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

#include "src/analysis/head_maps.h"

namespace heed {

/// The fixed offset d = q - k that a head gives most weight to: the largest over d of the mean of
/// A[q, q - d] over the rows that have an open key there. 1 is the previous token, -1 the next one.
///
/// Rows with one open key are left out: their weight is forced. So are offsets that fewer than half
/// of the other rows have: a head that looks at the first token would else be found by the few rows
/// that are far from it. Sums go over all rows of all sentences alike. After the positional heads
/// of Voita et al. 2019 (1905.09418), by weight where they count maxima.
class OffsetScores {
 public:
  /// A batch of the same attention. Throws std::invalid_argument as check() does, or for another
  /// number of heads than before.
  void add(const HeadMaps& maps);

  struct Best {
    double mass = 0;     ///< NaN where there is no such offset
    int64_t offset = 0;  ///< of equal ones the smallest, a positive one before its negative
  };
  /// One a head.
  std::vector<Best> best() const;

 private:
  void make_room(int64_t reach);

  // What belongs to offset d stands at index d + reach_ of the last dimension.
  int64_t reach_ = 0;
  at::Tensor mass_;  // [H, 2 reach + 1] double
  at::Tensor keys_;  // the same: how many rows have a key there
  at::Tensor rows_;  // [H] double
};

}  // namespace heed
