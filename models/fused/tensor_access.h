#pragma once

#include <ATen/ATen.h>

#include <optional>

namespace heed {

/// The numbers of a contiguous tensor, for a kernel; null if it is undefined.
inline const float* data(const at::Tensor& t) {
  return t.defined() ? t.const_data_ptr<float>() : nullptr;
}
inline float* mutable_data(const at::Tensor& t) {
  return t.defined() ? t.mutable_data_ptr<float>() : nullptr;
}

/// Row i of a contiguous [rows, width]; null if it is undefined.
inline float* get_row(const at::Tensor& rows, int64_t i) {
  return rows.defined() ? rows.mutable_data_ptr<float>() + i * rows.size(1) : nullptr;
}

inline at::Tensor make_contiguous(const at::Tensor& t) { return t.defined() ? t.contiguous() : t; }

// Autograd functions take a tensor that may be undefined as an optional.
using OptionalTensor = std::optional<at::Tensor>;
inline OptionalTensor to_optional(const at::Tensor& t) {
  return t.defined() ? OptionalTensor(t) : std::nullopt;
}
inline at::Tensor or_undefined(const OptionalTensor& t) { return t.value_or(at::Tensor()); }

}  // namespace heed
