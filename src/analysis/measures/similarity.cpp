// The similarity "mul" of TransformerLens' head detection: the share of a map's whole weight that
// falls on a pattern of zeros and ones. Unlike the masses beside it, rows for which the pattern
// names no key count, and induction's keys include the query itself.
#include "src/analysis/head_measure.h"
#include "src/analysis/token_patterns.h"

namespace heed {
namespace {

const char* const source = "TransformerLens, head_detector, error measure \"mul\"";

// `pattern` bool [B or 1, T, T].
at::Tensor similarity(const at::Tensor& pattern, const HeadMaps& maps) {
  const auto weights = open_weights(maps);
  const auto rows = rows_with_keys(maps, 1);
  const auto sum_rows = [&rows](const at::Tensor& mass) {  // [B, H, T]
    return (mass.to(at::kDouble) * rows).sum(-1);
  };
  const auto keys = pattern.unsqueeze(1).to(weights.dtype());
  return sum_rows((weights * keys).sum(-1)) / sum_rows(weights.sum(-1));
}

at::Tensor similarity_previous(const HeadMaps& maps) {
  const auto length = maps.weights.size(2);
  const auto ones = at::ones({1, length, length}, maps.weights.options().dtype(at::kBool));
  return similarity(ones.tril(-1).triu(-1), maps);
}

const HeadMeasureEntry similarity_previous_entry{{
    .rank = 70,
    .name = "previous_mul",
    .title = "similarity to previous token",
    .formula = "sum of A[q, q-1] / sum of A",
    .source = source,
    .needs_self = true,
    .compute = similarity_previous,
}};

const HeadMeasureEntry duplicate_entry{{
    .rank = 80,
    .name = "duplicate_mul",
    .title = "similarity to duplicate token",
    .formula = "sum of A[q, k] over k < q, token[k] = token[q], / sum of A",
    .source = source,
    .needs_self = true,
    .needs_tokens = true,
    .compute = [](const HeadMaps& maps) { return similarity(earlier_same(maps.tokens), maps); },
}};

const HeadMeasureEntry induction_entry{{
    .rank = 90,
    .name = "induction_mul",
    .title = "similarity to induction",
    .formula = "sum of A[q, k] over k <= q, token[k-1] = token[q], / sum of A",
    .source = source,
    .needs_self = true,
    .needs_tokens = true,
    .compute =
        [](const HeadMaps& maps) { return similarity(after_earlier_same(maps.tokens), maps); },
}};

}  // namespace
}  // namespace heed
