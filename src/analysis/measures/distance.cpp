#include "src/analysis/head_measure.h"

namespace heed {
namespace {

at::Tensor mean_distance(const HeadMaps& maps) {
  const auto weights = open_weights(maps);
  const auto positions = at::arange(weights.size(3), weights.options());
  const auto distances = (positions.unsqueeze(1) - positions).abs();  // [T, T]
  return mean_over_rows((weights * distances).sum(-1), rows_with_keys(maps, 1));
}

const HeadMeasureEntry distance_entry{{
    .rank = 110,
    .name = "distance",
    .title = "mean distance",
    .heading = "distance",
    .formula = "mean over q of the sum over k of A[q, k] |q - k|",
    .source = "Vig & Belinkov 2019, 1906.04284",
    .digits = 1,
    .is_share = false,
    .range = "On average heads look {:.1f} to {:.1f} positions away; untrained {:.1f} to {:.1f}.",
    .needs_self = true,
    .compute = mean_distance,
}};

}  // namespace
}  // namespace heed
