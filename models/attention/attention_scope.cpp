#include "models/attention/attention_scope.h"

#include <limits>

#include "models/attention/attention_mask.h"

namespace heed {

at::Tensor allowed_keys(const AttentionScope& scope, int64_t queries, int64_t keys,
                        at::Device device) {
  const auto options = at::TensorOptions(at::kLong).device(device);
  auto allowed = at::ones({1, 1, queries, keys}, options.dtype(at::kBool));
  if (scope.mask.defined()) {
    const auto open = scope.mask.scalar_type() == at::kBool
                          ? scope.mask
                          : scope.mask > -std::numeric_limits<double>::infinity();
    allowed = allowed.logical_and(open);
  }
  const auto limits = limits_mask(scope.causal, scope.lengths, queries, keys, device);
  if (limits.defined()) allowed = allowed.logical_and(limits);
  if (scope.window < 1) return allowed;
  const auto distances =
      at::arange(keys - queries, keys, options).unsqueeze(1) - at::arange(keys, options);  // [T, S]
  return allowed.logical_and(distances.abs() < scope.window);
}

}  // namespace heed
