#include "models/attention.h"

#include <c10/util/StringUtil.h>

#include <cmath>
#include <limits>
#include <stdexcept>

namespace heed {
namespace {

void check_shapes(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value) {
  const bool matrices = query.dim() >= 2 && key.dim() >= 2 && value.dim() >= 2;
  if (matrices && query.size(-1) == key.size(-1) && key.size(-2) == value.size(-2)) return;
  throw std::invalid_argument(
      c10::str("attention expects query [..., T, K], key [..., S, K] and value [..., S, Kv], got ",
               query.sizes(), ", ", key.sizes(), " and ", value.sizes()));
}

constexpr double infinity = std::numeric_limits<double>::infinity();

// What is added to the scores: a mask of numbers as it is, a boolean one as 0 and -inf.
at::Tensor additive(const at::Tensor& mask, const at::Tensor& scores) {
  if (mask.scalar_type() != at::kBool) return mask;
  return at::zeros(mask.sizes(), scores.options().requires_grad(false))
      .masked_fill(mask.logical_not(), -infinity);
}

// A row that may attend nowhere would be a softmax over nothing: 0 / 0. Its scores are left as they
// are, and its weights set to zero afterwards, so that neither output nor gradient ever holds a
// NaN.
at::Tensor masked_softmax(const at::Tensor& scores, const at::Tensor& mask) {
  if (!mask.defined()) return scores.softmax(-1);
  const auto added = additive(mask, scores);
  const auto nowhere = (added == -infinity).all(-1, /*keepdim=*/true);  // [..., T, 1]
  if (!nowhere.any().item<bool>()) return (scores + added).softmax(-1);
  return (scores + added.masked_fill(nowhere, 0)).softmax(-1).masked_fill(nowhere, 0);
}

}  // namespace

AttentionResult scaled_dot_product_attention(const at::Tensor& query, const at::Tensor& key,
                                             const at::Tensor& value, const at::Tensor& mask,
                                             double dropout) {
  check_shapes(query, key, value);
  const double scale = 1 / std::sqrt(static_cast<double>(query.size(-1)));
  const auto scores = at::matmul(query * scale, key.transpose(-2, -1));  // [..., T, S]
  const auto weights = masked_softmax(scores, mask);                     // [..., T, S]
  const auto kept = dropout > 0 ? at::dropout(weights, dropout, true) : weights;
  return {.output = at::matmul(kept, value), .weights = weights};  // [..., T, Kv]
}

}  // namespace heed
