#include "models/attention/masked_softmax.h"

#include <limits>

namespace heed {
namespace {

constexpr double masked_softmax_infinity = std::numeric_limits<double>::infinity();

}  // namespace

at::Tensor additive_mask(const at::Tensor& mask, const at::TensorOptions& options) {
  if (mask.scalar_type() != at::kBool) return mask;
  return at::zeros(mask.sizes(), options.requires_grad(false))
      .masked_fill(mask.logical_not(), -masked_softmax_infinity);
}

// A row that may attend nowhere would be a softmax over nothing: 0 / 0. Its scores are left as they
// are, and its weights set to zero afterwards, so that neither output nor gradient ever holds a
// NaN.
SoftmaxMask softmax_mask(const at::Tensor& mask, const at::TensorOptions& options) {
  if (!mask.defined()) return {};
  const auto added = additive_mask(mask, options);
  const auto nowhere = (added == -masked_softmax_infinity).all(-1, /*keepdim=*/true);  // [..., 1]
  if (!nowhere.any().item<bool>()) return {.added = added, .nowhere = {}};
  return {.added = added.masked_fill(nowhere, 0), .nowhere = nowhere};
}

at::Tensor masked_softmax(const at::Tensor& scores, const SoftmaxMask& mask) {
  if (!mask.added.defined()) return scores.softmax(-1);
  const auto weights = (scores + mask.added).softmax(-1);
  return mask.nowhere.defined() ? weights.masked_fill(mask.nowhere, 0) : weights;
}

}  // namespace heed
