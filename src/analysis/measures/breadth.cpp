// How widely a head spreads its weight.
#include "src/analysis/entropy.h"
#include "src/analysis/head_measure.h"

namespace heed {
namespace {

at::Tensor entropy(const HeadMaps& maps) {
  const auto most = open_keys(maps).sum(-1).to(at::kDouble).log();  // [B or 1, H or 1, T]
  return mean_over_rows(entropy_of_rows(open_weights(maps)) / most, rows_with_keys(maps, 2));
}

at::Tensor distance(const HeadMaps& maps) {
  const auto weights = open_weights(maps);
  const auto positions = at::arange(weights.size(3), weights.options());
  const auto distances = (positions.unsqueeze(1) - positions).abs();  // [T, T]
  return mean_over_rows((weights * distances).sum(-1), rows_with_keys(maps, 1));
}

at::Tensor peaked(const HeadMaps& maps) {
  return mean_over_rows(open_weights(maps).amax(-1) > 0.5, rows_with_keys(maps, 2));
}

const HeadMeasureEntry entropy_entry{{
    .rank = 100,
    .name = "entropy",
    .title = "entropy / maximum",
    .formula = "mean over q with n >= 2 allowed keys of -sum over k of A[q, k] ln A[q, k] / ln n",
    .source = "Clark et al. 2019, 1906.04341; divided by its maximum here",
    .compute = entropy,
}};

const HeadMeasureEntry distance_entry{{
    .rank = 110,
    .name = "distance",
    .title = "mean distance",
    .formula = "mean over q of the sum over k of A[q, k] |q - k|",
    .source = "Vig & Belinkov 2019, 1906.04284",
    .needs_self = true,
    .compute = distance,
}};

const HeadMeasureEntry peaked_entry{{
    .rank = 120,
    .name = "peaked",
    .title = "rows with one main key",
    .formula = "share of q with at least two allowed keys whose largest A[q, k] > 0.5",
    .source = "after the confidence of Voita et al. 2019, 1905.09418",
    .compute = peaked,
}};

}  // namespace
}  // namespace heed
