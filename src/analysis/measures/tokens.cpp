// How much of its weight a head gives to keys that the tokens themselves name.
#include "src/analysis/head_measure.h"
#include "src/analysis/token_patterns.h"

namespace heed {
namespace {

// The weight on a pattern's keys, over the queries for which it names any; `pattern` [B, T, T].
at::Tensor mass_on(const at::Tensor& pattern, const HeadMaps& maps) {
  const auto keys = pattern.unsqueeze(1);                                    // [B, 1, T, T]
  const auto mass = (maps.weights * keys.to(maps.weights.dtype())).sum(-1);  // [B, H, T]
  return mean_over_rows(mass, rows_with_keys(maps, 1).logical_and(keys.any(-1)));
}

const HeadMeasureEntry tokens_duplicate_entry{{
    .rank = 50,
    .name = "duplicate",
    .title = "duplicate token",
    .formula = "mean over q with some k < q, token[k] = token[q], of the sum of A[q, k] over them",
    .source = "Wang et al. 2022, 2211.00593",
    .needs_self = true,
    .needs_tokens = true,
    .compute = [](const HeadMaps& maps) { return mass_on(earlier_same(maps.tokens), maps); },
}};

const HeadMeasureEntry tokens_induction_entry{{
    .rank = 60,
    .name = "induction",
    .title = "induction",
    .formula =
        "mean over q with some k < q, token[k-1] = token[q], of the sum of A[q, k] over them",
    .source = "Olsson et al. 2022, 2209.11895",
    .needs_self = true,
    .needs_tokens = true,
    .compute =
        [](const HeadMaps& maps) {
          return mass_on(after_earlier_same(maps.tokens).tril(-1), maps);
        },
}};

}  // namespace
}  // namespace heed
