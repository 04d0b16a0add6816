#include "models/attention/attention.h"

#include <c10/util/StringUtil.h>

#include <cmath>
#include <limits>
#include <stdexcept>

#include "models/attention/attention_mask.h"
#include "models/attention/manual_backward.h"
#include "models/dispatch.h"
#include "models/layers/dropout.h"

namespace heed {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

void check_shapes(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value) {
  const bool matrices = query.dim() >= 2 && key.dim() >= 2 && value.dim() >= 2;
  if (matrices && query.size(-1) == key.size(-1) && key.size(-2) == value.size(-2)) return;
  throw std::invalid_argument(
      c10::str("attention expects query [..., T, K], key [..., S, K] and value [..., S, Kv], got ",
               query.sizes(), ", ", key.sizes(), " and ", value.sizes()));
}

}  // namespace

AttentionResult scaled_dot_product_attention(const at::Tensor& query, const at::Tensor& key,
                                             const at::Tensor& value, const at::Tensor& mask,
                                             double dropout) {
  check_shapes(query, key, value);
  const double scale = 1 / std::sqrt(static_cast<double>(query.size(-1)));
  const auto scores = at::matmul(query * scale, key.transpose(-2, -1));  // [..., T, S]
  const auto weights = masked_softmax(scores, softmax_mask(mask, scores.options()));
  const auto kept = with_dropout(weights, dropout);
  return {.output = at::matmul(kept, value), .weights = weights};  // [..., T, Kv]
}

at::Tensor additive_mask(const at::Tensor& mask, const at::TensorOptions& options) {
  if (mask.scalar_type() != at::kBool) return mask;
  return at::zeros(mask.sizes(), options.requires_grad(false))
      .masked_fill(mask.logical_not(), -infinity);
}

// The softmax of a row that may attend nowhere would be 0 / 0. Such a row keeps its scores, and its
// weights are set to zero afterwards, so that neither output nor gradient ever holds a NaN.
SoftmaxMask softmax_mask(const at::Tensor& mask, const at::TensorOptions& options) {
  if (!mask.defined()) return {};
  const auto added = additive_mask(mask, options);
  const auto nowhere = (added == -infinity).all(-1, /*keepdim=*/true);  // [..., 1]
  if (!nowhere.any().item<bool>()) return {.added = added, .nowhere = {}};
  return {.added = added.masked_fill(nowhere, 0), .nowhere = nowhere};
}

at::Tensor masked_softmax(const at::Tensor& scores, const SoftmaxMask& mask) {
  if (!mask.added.defined()) return scores.softmax(-1);
  const auto weights = (scores + mask.added).softmax(-1);
  return mask.nowhere.defined() ? weights.masked_fill(mask.nowhere, 0) : weights;
}

namespace {

void check_input(const AttentionInput& input) {
  const auto &query = input.query, &key = input.key;
  check_shapes(query, key, input.value);
  if (!input.relative_query.defined()) return;
  const int64_t distances = query.size(-2) + key.size(-2) - 1;
  if (input.relative_key.size(-2) != distances ||
      input.relative_key.size(-1) != input.relative_query.size(-1))
    throw std::invalid_argument(c10::str("relative keys [..., T + S - 1, K] must be ", distances,
                                         " of width ", input.relative_query.size(-1), ", got ",
                                         input.relative_key.sizes()));
}

// Puts causality and lengths into the mask.
AttentionInput with_dense_mask(AttentionInput input) {
  const auto limits = limits_mask(input.causal, input.lengths, input.query.size(-2),
                                  input.key.size(-2), input.query.device());
  const bool numbers = input.mask.defined() && input.mask.scalar_type() != at::kBool;
  if (limits.defined() && numbers)
    input.mask = input.mask + additive_mask(limits, input.mask.options());
  else
    input.mask = both_masks(input.mask, limits);
  return input;
}

// Mask, bias and relative terms as one mask.
at::Tensor combined_mask(const AttentionInput& input) {
  at::Tensor added = input.bias;
  if (input.relative_query.defined()) {
    const auto relative = relative_scores(input);
    added = added.defined() ? added + relative : relative;
  }
  if (!added.defined() || !input.mask.defined()) return added.defined() ? added : input.mask;
  return added + additive_mask(input.mask, added.options());
}

// What relative_shift() reads of a contiguous [..., T, T + S - 1], as a view [..., T, S].
at::Tensor shifted_view(const at::Tensor& wide) {
  const int64_t queries = wide.size(-2), distances = wide.size(-1);
  auto sizes = wide.sizes().vec();
  auto strides = wide.strides().vec();
  sizes.back() = distances - queries + 1;
  strides[strides.size() - 2] = distances - 1;
  return wide.as_strided(sizes, strides, wide.storage_offset() + queries - 1);
}

}  // namespace

AttentionResult attend(const AttentionInput& given, const AttentionSettings& settings) {
  check_input(given);
  if (auto result = fused::try_attention(given, settings)) return *result;
  const auto input = with_dense_mask(given);
  if (compute_options().kernels == Kernels::fused) return attend_manually(input, settings);
  return scaled_dot_product_attention(input.query, input.key, input.value, combined_mask(input),
                                      settings.dropout);
}

at::Tensor relative_scores(const AttentionInput& input) {
  const double scale = 1 / std::sqrt(static_cast<double>(input.query.size(-1)));
  return relative_shift(
      at::matmul(input.relative_query * scale, input.relative_key.transpose(-2, -1)));
}

at::Tensor relative_shift(const at::Tensor& scores) { return shifted_view(scores.contiguous()); }

at::Tensor relative_unshift(const at::Tensor& scores) {
  auto sizes = scores.sizes().vec();
  sizes.back() += scores.size(-2) - 1;
  auto wide = at::zeros(sizes, scores.options());  // [..., T, T + S - 1]
  shifted_view(wide).copy_(scores);
  return wide;
}

}  // namespace heed
