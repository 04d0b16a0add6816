#include "src/analysis/offset_scores.h"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <string>

namespace heed {
namespace {

constexpr double equal_mass = 1e-6;  // means that differ by no more are equal

// Sums along the diagonals of [H, T, S], by offset q - k from -(S - 1) to T - 1: [H, T + S - 1].
// Each row is reversed and padded with T zeros at its end. Read in rows that are one element
// shorter, row q is shifted by q to the right, so that the keys of one offset form a column.
at::Tensor diagonal_sums(const at::Tensor& cells) {
  const int64_t heads = cells.size(0), queries = cells.size(1), keys = cells.size(2);
  const auto padded = at::constant_pad_nd(cells.flip(2), {0, queries}).flatten(1);
  const int64_t width = queries + keys - 1;
  return padded.slice(1, 0, queries * width).view({heads, queries, width}).sum(1);
}

}  // namespace

void OffsetScores::make_room(int64_t reach) {
  if (reach <= reach_) return;
  const int64_t more = reach - reach_;
  mass_ = at::constant_pad_nd(mass_, {more, more});
  keys_ = at::constant_pad_nd(keys_, {more, more});
  reach_ = reach;
}

void OffsetScores::add(const HeadMaps& maps) {
  check(maps);
  const int64_t heads = maps.weights.size(1), queries = maps.weights.size(2);
  const int64_t keys = maps.weights.size(3);
  if (!rows_.defined()) {
    rows_ = at::zeros({heads}, at::kDouble);
    mass_ = at::zeros({heads, 1}, at::kDouble);
    keys_ = at::zeros({heads, 1}, at::kDouble);
  }
  if (heads != rows_.size(0))
    throw std::invalid_argument("offsets: expected maps of " + std::to_string(rows_.size(0)) +
                                " heads, as before, got " + std::to_string(heads));
  make_room(std::max(queries, keys) - 1);

  const auto rows = rows_with_keys(maps, 2);                           // [B or 1, H or 1, T]
  const auto cells = open_keys(maps).logical_and(rows.unsqueeze(-1));  // [B or 1, H or 1, T, S]
  const auto weights = open_weights(maps);
  const auto mass = (weights * rows.unsqueeze(-1).to(weights.dtype())).sum(0);  // [H, T, S]
  // A dimension of size one applies to all sentences, or all heads.
  const int64_t sentences = maps.weights.size(0);
  const int64_t times_cells = sentences / cells.size(0), times_rows = sentences / rows.size(0);
  const auto to_sums = [](const at::Tensor& sums) { return sums.to(at::kCPU, at::kDouble); };
  auto mass_here = mass_.slice(1, reach_ - keys + 1, reach_ + queries);
  auto keys_here = keys_.slice(1, reach_ - keys + 1, reach_ + queries);
  mass_here += diagonal_sums(to_sums(mass));
  keys_here += diagonal_sums(to_sums(cells.sum(0))) * times_cells;
  rows_ += to_sums(rows.sum({0, 2})) * times_rows;
}

std::vector<OffsetScores::Best> OffsetScores::best() const {
  std::vector<Best> result;
  if (!rows_.defined()) return result;
  const auto mass = mass_.accessor<double, 2>(), keys = keys_.accessor<double, 2>();
  const auto rows = rows_.accessor<double, 1>();
  for (int64_t head = 0; head < rows_.size(0); ++head) {
    Best best{.mass = std::numeric_limits<double>::quiet_NaN()};
    const auto consider = [&](int64_t offset) {
      const double had = keys[head][reach_ + offset];
      if (had == 0 || 2 * had < rows[head]) return;
      const double mean = mass[head][reach_ + offset] / had;
      if (!(mean <= best.mass + equal_mass))
        best = {.mass = mean, .offset = offset};  // NaN: none yet
    };
    consider(0);
    for (int64_t distance = 1; distance <= reach_; ++distance) {
      consider(distance);
      consider(-distance);
    }
    result.push_back(best);
  }
  return result;
}

}  // namespace heed
