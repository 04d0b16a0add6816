#include "src/analysis/head_measure.h"

namespace heed {
namespace {

at::Tensor first_token(const HeadMaps& maps) {
  return mean_over_rows(maps.weights.select(3, 0).slice(2, 1), rows_with_keys(maps, 1).slice(2, 1));
}

const HeadMeasureEntry first_entry{{
    .rank = 40,
    .name = "first",
    .title = "first token",
    .heading = "first",
    .formula = "mean over q > 0 of A[q, 0]",
    .source = "Xiao et al. 2023, 2309.17453",
    .needs_self = true,
    .role = {.kind = RoleRule::Kind::pattern, .role = "first", .keys = "the first token"},
    .compute = first_token,
}};

}  // namespace
}  // namespace heed
