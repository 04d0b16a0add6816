#include "src/analysis/head_measure.h"

namespace heed {
namespace {

// [B, H]. The diagonal above the main one, where a query may see the next token at all.
at::Tensor next_token(const HeadMaps& maps) {
  const auto sees_next = open_keys(maps).diagonal(1, 2, 3);
  const auto rows = rows_with_keys(maps, 1).slice(2, 0, -1);
  return mean_over_rows(maps.weights.diagonal(1, 2, 3), rows.logical_and(sees_next));
}

const HeadMeasureEntry next_entry{{
    .rank = 20,
    .name = "next",
    .title = "next token",
    .heading = "next",
    .formula = "mean over q that may attend to q+1 of A[q, q+1]",
    .source = "Clark et al. 2019, 1906.04341",
    .needs_self = true,
    .role = {.kind = RoleRule::Kind::pattern, .role = "next", .keys = "the next token"},
    .compute = next_token,
}};

}  // namespace
}  // namespace heed
