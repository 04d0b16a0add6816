#include "models/attention/attention.h"

#include <c10/util/StringUtil.h>

#include <cmath>
#include <stdexcept>

#include "models/attention/attention_shapes.h"
#include "models/layers/dropout.h"
#include "models/attention/masked_softmax.h"

namespace heed {

void check_attention_shapes(const at::Tensor& query, const at::Tensor& key,
                            const at::Tensor& value) {
  const bool matrices = query.dim() >= 2 && key.dim() >= 2 && value.dim() >= 2;
  if (matrices && query.size(-1) == key.size(-1) && key.size(-2) == value.size(-2)) return;
  throw std::invalid_argument(
      c10::str("attention expects query [..., T, K], key [..., S, K] and value [..., S, Kv], got ",
               query.sizes(), ", ", key.sizes(), " and ", value.sizes()));
}

AttentionResult scaled_dot_product_attention(const at::Tensor& query, const at::Tensor& key,
                                             const at::Tensor& value, const at::Tensor& mask,
                                             double dropout) {
  check_attention_shapes(query, key, value);
  const double scale = 1 / std::sqrt(static_cast<double>(query.size(-1)));
  const auto scores = at::matmul(query * scale, key.transpose(-2, -1));  // [..., T, S]
  const auto weights = masked_softmax(scores, softmax_mask(mask, scores.options()));
  const auto kept = with_dropout(weights, dropout);
  return {.output = at::matmul(kept, value), .weights = weights};  // [..., T, Kv]
}

}  // namespace heed
