#include "src/analysis/head_measure.h"

namespace heed {
namespace {

at::Tensor relative_entropy(const HeadMaps& maps) {
  const auto most = open_keys(maps).sum(-1).to(at::kDouble).log();  // [B or 1, H or 1, T]
  return mean_over_rows(entropy_of_rows(open_weights(maps)) / most, rows_with_keys(maps, 2));
}

const HeadMeasureEntry entropy_entry{{
    .rank = 100,
    .name = "entropy",
    .title = "entropy / maximum",
    .heading = "entropy",
    .formula = "mean over q with n >= 2 allowed keys of -sum over k of A[q, k] ln A[q, k] / ln n",
    .source = "Clark et al. 2019, 1906.04341; divided by its maximum here",
    // An even head is broad whatever it was before training.
    .role = {.kind = RoleRule::Kind::fallback,
             .role = "broad",
             .least = role_entropy,
             .gain = -std::numeric_limits<double>::infinity()},
    .compute = relative_entropy,
}};

}  // namespace
}  // namespace heed
