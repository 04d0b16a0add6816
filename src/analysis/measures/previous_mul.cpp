#include "src/analysis/head_measure.h"
#include "src/analysis/pattern_mass.h"

namespace heed {
namespace {

at::Tensor previous_share(const HeadMaps& maps) {
  const auto length = maps.weights.size(2);
  const auto ones = at::ones({1, length, length}, maps.weights.options().dtype(at::kBool));
  return share_on(ones.tril(-1).triu(-1), maps);
}

const HeadMeasureEntry previous_mul_entry{{
    .rank = 70,
    .name = "previous_mul",
    .title = "similarity to previous token",
    .formula = "sum of A[q, q-1] / sum of A",
    .source = "TransformerLens, head_detector, error measure \"mul\"",
    .needs_self = true,
    .compute = previous_share,
}};

}  // namespace
}  // namespace heed
