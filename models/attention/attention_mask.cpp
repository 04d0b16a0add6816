#include "models/attention/attention_mask.h"

#include <c10/util/StringUtil.h>

#include <limits>
#include <stdexcept>

namespace heed {

at::Tensor causal_mask(int64_t queries, int64_t keys, at::Device device) {
  const auto allowed = at::ones({queries, keys}, at::TensorOptions(at::kBool).device(device));
  return allowed.tril(keys - queries);  // [T, S]
}

at::Tensor padding_mask(const at::Tensor& lengths, int64_t keys) {
  const auto positions = at::arange(keys, lengths.options());  // [S]
  const auto present = positions < lengths.unsqueeze(1);       // [B, S]
  return present.view({lengths.size(0), 1, 1, keys});
}

at::Tensor limits_mask(bool causal, const at::Tensor& lengths, int64_t queries, int64_t keys,
                       at::Device device) {
  return both_masks(causal ? causal_mask(queries, keys, device) : at::Tensor(),
                    lengths.defined() ? padding_mask(lengths, keys) : at::Tensor());
}

at::Tensor matrix_mask(const at::Tensor& matrix) {
  if (matrix.dim() != 2)
    throw std::invalid_argument(
        c10::str("a mask is a matrix [queries, keys], got the shape ", matrix.sizes()));
  const auto ones = matrix == 1, wrong = ones.logical_or(matrix == 0).logical_not();
  if (wrong.any().item<bool>()) {
    const auto place = wrong.to(at::kByte).argmax().item<int64_t>();
    const int64_t row = place / matrix.size(1), column = place % matrix.size(1);
    throw std::invalid_argument(c10::str("a mask holds 0 (hidden) and 1 (may attend) alone, got ",
                                         matrix[row][column].item<double>(), " in row ", row,
                                         ", column ", column, " (the first are 0)"));
  }
  return ones;
}

at::Tensor both_masks(const at::Tensor& first, const at::Tensor& second) {
  if (!first.defined()) return second;
  if (!second.defined()) return first;
  return first.logical_and(second);
}

at::Tensor allowed_keys(const AttentionMask& mask, int64_t queries, int64_t keys,
                        at::Device device) {
  const auto options = at::TensorOptions(at::kLong).device(device);
  auto allowed = at::ones({1, 1, queries, keys}, options.dtype(at::kBool));
  if (mask.mask.defined()) {
    const auto open = mask.mask.scalar_type() == at::kBool
                          ? mask.mask
                          : mask.mask > -std::numeric_limits<double>::infinity();
    allowed = allowed.logical_and(open);
  }
  const auto limits = limits_mask(mask.causal, mask.lengths, queries, keys, device);
  if (limits.defined()) allowed = allowed.logical_and(limits);
  if (mask.window < 1) return allowed;
  const auto distances =
      at::arange(keys - queries, keys, options).unsqueeze(1) - at::arange(keys, options);  // [T, S]
  return allowed.logical_and(distances.abs() < mask.window);
}

}  // namespace heed
