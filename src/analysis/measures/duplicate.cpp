#include "src/analysis/head_measure.h"
#include "src/analysis/pattern_mass.h"

namespace heed {
namespace {

const HeadMeasureEntry duplicate_entry{{
    .rank = 50,
    .name = "duplicate",
    .title = "duplicate token",
    .heading = "dupl.",
    .formula = "mean over q with some k < q, token[k] = token[q], of the sum of A[q, k] over them",
    .source = "Wang et al. 2022, 2211.00593",
    .needs_self = true,
    .needs_tokens = true,
    .role = {.kind = RoleRule::Kind::pattern,
             .role = "duplicate",
             .keys = "earlier occurrences of the same token",
             .explains_links = true},
    .compute = [](const HeadMaps& maps) { return mass_on(earlier_same(maps.tokens), maps); },
}};

}  // namespace
}  // namespace heed
