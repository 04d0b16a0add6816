#pragma once

#include <ATen/ATen.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "src/analysis/head_maps.h"

namespace heed {

using Rows = std::vector<std::vector<double>>;

/// [T, S] float64.
inline at::Tensor matrix(const Rows& rows) {
  auto result = at::zeros({static_cast<int64_t>(rows.size()), static_cast<int64_t>(rows[0].size())},
                          at::kDouble);
  for (size_t q = 0; q < rows.size(); ++q)
    for (size_t k = 0; k < rows[q].size(); ++k)
      result[static_cast<int64_t>(q)][static_cast<int64_t>(k)] = rows[q][k];
  return result;
}

inline at::Tensor causal(int64_t length) { return at::ones({length, length}, at::kBool).tril(); }

/// One head's map of one sentence, causal or not.
inline HeadMaps one_map(const Rows& rows, bool is_causal = true,
                        const std::vector<int64_t>& tokens = {}) {
  HeadMaps maps{.weights = matrix(rows).unsqueeze(0).unsqueeze(0)};
  if (is_causal) maps.allowed = causal(maps.weights.size(2));
  if (!tokens.empty()) maps.tokens = at::tensor(tokens).unsqueeze(0);
  return maps;
}

/// Softmax of random scores over what is allowed, from a fixed seed: [B, H, T, S] float64.
inline at::Tensor random_weights(at::IntArrayRef sizes, const at::Tensor& allowed, int seed = 1) {
  at::manual_seed(static_cast<uint64_t>(seed));
  const auto scores = 2 * at::randn(sizes, at::kDouble);
  const double nowhere = -std::numeric_limits<double>::infinity();
  return scores.masked_fill(allowed.logical_not(), nowhere).softmax(-1).nan_to_num(0);
}

/// Three sentences of up to seven tokens, causal, two heads, padded at the end with weights that
/// must not count.
inline HeadMaps padded_maps() {
  const auto tokens = at::tensor(std::vector<int64_t>{1, 2, 1, 2, 3, 1, 2,  //
                                                      4, 4, 4, 5, 4, 0, 0,  //
                                                      7, 8, 9, 0, 0, 0, 0});
  const auto lengths = at::tensor(std::vector<int64_t>{7, 5, 3});
  return {.weights = random_weights({3, 2, 7, 7}, causal(7)),
          .allowed = causal(7),
          .query_lengths = lengths,
          .key_lengths = lengths,
          .tokens = tokens.view({3, 7})};
}

/// The same, but a query sees later tokens too, and padding only by the lengths alone.
inline HeadMaps padded_two_way_maps() {
  auto maps = padded_maps();
  maps.allowed = at::Tensor();
  const auto real = at::arange(7) < maps.key_lengths.unsqueeze(1);  // [B, S]
  maps.weights = random_weights({3, 2, 7, 7}, real.unsqueeze(1).unsqueeze(1), 2);
  return maps;
}

}  // namespace heed
