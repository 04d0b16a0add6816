#include "src/analysis/head_measure.h"

namespace heed {
namespace {

at::Tensor current_token(const HeadMaps& maps) {
  return mean_over_rows(maps.weights.diagonal(0, 2, 3), rows_with_keys(maps, 2));
}

const HeadMeasureEntry current_entry{{
    .rank = 30,
    .name = "current",
    .title = "current token",
    .heading = "curr.",
    .formula = "mean over q with at least two allowed keys of A[q, q]",
    .source = "Clark et al. 2019, 1906.04341",
    .needs_self = true,
    .role = {.kind = RoleRule::Kind::pattern, .role = "current", .keys = "the token itself"},
    .compute = current_token,
}};

}  // namespace
}  // namespace heed
