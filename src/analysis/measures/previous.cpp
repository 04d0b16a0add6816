#include "src/analysis/head_measure.h"

namespace heed {
namespace {

// [B, H]. The diagonal below the main one: A[q, q-1] for q > 0.
at::Tensor previous_token(const HeadMaps& maps) {
  return mean_over_rows(maps.weights.diagonal(-1, 2, 3), rows_with_keys(maps, 1).slice(2, 1));
}

const HeadMeasureEntry previous_entry{{
    .rank = 10,
    .name = "previous",
    .title = "previous token",
    .heading = "prev.",
    .formula = "mean over q > 0 of A[q, q-1]",
    .source = "Clark et al. 2019, 1906.04341; Olsson et al. 2022, 2209.11895",
    .needs_self = true,
    .role = {.kind = RoleRule::Kind::pattern,
             .role = "previous",
             .keys = "the previous token",
             .report_none = true},
    .compute = previous_token,
}};

}  // namespace
}  // namespace heed
