// How much of its weight a head gives to one place: the neighbours, the query itself, the start.
#include "src/analysis/head_measure.h"

namespace heed {
namespace {

// A[q, q + step] of the queries that have such a key in the sequence: [B, H, T - |step|].
at::Tensor at_step(const at::Tensor& maps, int64_t step) { return maps.diagonal(step, 2, 3); }

at::Tensor previous(const HeadMaps& maps) {
  return mean_over_rows(at_step(maps.weights, -1), rows_with_keys(maps, 1).slice(2, 1));
}

at::Tensor next(const HeadMaps& maps) {
  const auto sees_next = at_step(open_keys(maps), 1);
  const auto rows = rows_with_keys(maps, 1).slice(2, 0, -1);
  return mean_over_rows(at_step(maps.weights, 1), rows.logical_and(sees_next));
}

at::Tensor current(const HeadMaps& maps) {
  return mean_over_rows(at_step(maps.weights, 0), rows_with_keys(maps, 2));
}

at::Tensor first(const HeadMaps& maps) {
  return mean_over_rows(maps.weights.select(3, 0).slice(2, 1), rows_with_keys(maps, 1).slice(2, 1));
}

const HeadMeasureEntry previous_entry{{
    .rank = 10,
    .name = "previous",
    .title = "previous token",
    .formula = "mean over q > 0 of A[q, q-1]",
    .source = "Clark et al. 2019, 1906.04341; Olsson et al. 2022, 2209.11895",
    .needs_self = true,
    .compute = previous,
}};

const HeadMeasureEntry next_entry{{
    .rank = 20,
    .name = "next",
    .title = "next token",
    .formula = "mean over q that may attend to q+1 of A[q, q+1]",
    .source = "Clark et al. 2019, 1906.04341",
    .needs_self = true,
    .compute = next,
}};

const HeadMeasureEntry current_entry{{
    .rank = 30,
    .name = "current",
    .title = "current token",
    .formula = "mean over q with at least two allowed keys of A[q, q]",
    .source = "Clark et al. 2019, 1906.04341",
    .needs_self = true,
    .compute = current,
}};

const HeadMeasureEntry first_entry{{
    .rank = 40,
    .name = "first",
    .title = "first token",
    .formula = "mean over q > 0 of A[q, 0]",
    .source = "Xiao et al. 2023, 2309.17453",
    .needs_self = true,
    .compute = first,
}};

}  // namespace
}  // namespace heed
