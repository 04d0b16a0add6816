#include "src/analysis/head_measure.h"
#include "src/analysis/pattern_mass.h"

namespace heed {
namespace {

// [B, H]. The query itself is no key of the pattern.
at::Tensor induction(const HeadMaps& maps) {
  return mass_on(after_earlier_same(maps.tokens).tril(-1), maps);
}

const HeadMeasureEntry induction_entry{{
    .rank = 60,
    .name = "induction",
    .title = "induction",
    .heading = "induct.",
    .formula =
        "mean over q with some k < q, token[k-1] = token[q], of the sum of A[q, k] over them",
    .source = "Olsson et al. 2022, 2209.11895",
    .needs_self = true,
    .needs_tokens = true,
    .role = {.kind = RoleRule::Kind::pattern,
             .role = "induction",
             .keys = "what followed an earlier occurrence of the token (induction)",
             .report_none = true,
             .explains_links = true,
             .composed = true},
    .compute = induction,
}};

}  // namespace
}  // namespace heed
