#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

#include "src/analysis/head_maps.h"

namespace heed {

/// How much the heads differ in what they attend to: the Jensen-Shannon distance of their rows, the
/// square root of the divergence in bits (Lin 1991; between heads: Clark et al. 2019, 1906.04341,
/// section 6), from 0, the same weights, to 1, no key in common. The mean over the rows in which
/// both have at least two open keys, then over sentences.
///
/// Cost of a batch: with N heads in all, N (N - 1) / 2 times B T S logarithms, about 3 ns each on
/// one core (16 heads, 16 sentences of 64 tokens: 22 ms), and up to 3 N B T S numbers of memory. A
/// few dozen sentences are enough.
class HeadDistances {
 public:
  /// The attentions of one batch whose heads are compared, all [B, *, T, S]: usually all layers of
  /// a kind. Throws std::invalid_argument for other shapes or other numbers of heads than before.
  void add(const std::vector<HeadMaps>& attentions);

  /// [N, N] double: symmetric, zeros on the diagonal, NaN where no sentence had a row. Heads in the
  /// order given, attention by attention. Undefined before the first batch.
  at::Tensor matrix() const;

  /// The number of heads of each attention.
  const std::vector<int64_t>& heads() const { return heads_; }

 private:
  std::vector<int64_t> heads_;
  at::Tensor sums_, sentences_;  // [N, N] double, above the diagonal
};

/// How much the heads of each layer differ: the mean distance of its pairs, NaN for a layer of one
/// head. `heads` says how many each layer has, in the order of the matrix.
std::vector<double> layer_spread(const at::Tensor& matrix, const std::vector<int64_t>& heads);

}  // namespace heed
