#include "src/analysis/head_measure.h"
#include "src/analysis/pattern_mass.h"

namespace heed {
namespace {

const HeadMeasureEntry duplicate_mul_entry{{
    .rank = 80,
    .name = "duplicate_mul",
    .title = "similarity to duplicate token",
    .formula = "sum of A[q, k] over k < q, token[k] = token[q], / sum of A",
    .source = "TransformerLens, head_detector, error measure \"mul\"",
    .needs_self = true,
    .needs_tokens = true,
    .compute = [](const HeadMaps& maps) { return share_on(earlier_same(maps.tokens), maps); },
}};

}  // namespace
}  // namespace heed
