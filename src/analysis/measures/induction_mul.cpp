#include "src/analysis/head_measure.h"
#include "src/analysis/pattern_mass.h"

namespace heed {
namespace {

// [B, H]. As in TransformerLens the query itself can be a key of the pattern.
at::Tensor induction_share(const HeadMaps& maps) {
  return share_on(after_earlier_same(maps.tokens), maps);
}

const HeadMeasureEntry induction_mul_entry{{
    .rank = 90,
    .name = "induction_mul",
    .title = "similarity to induction",
    .formula = "sum of A[q, k] over k <= q, token[k-1] = token[q], / sum of A",
    .source = "TransformerLens, head_detector, error measure \"mul\"",
    .needs_self = true,
    .needs_tokens = true,
    .compute = induction_share,
}};

}  // namespace
}  // namespace heed
