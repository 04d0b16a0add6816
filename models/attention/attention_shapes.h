#pragma once

#include <ATen/ATen.h>

namespace heed {

/// Throws std::invalid_argument unless query [..., T, K], key [..., S, K] and value [..., S, Kv] go
/// together.
void check_attention_shapes(const at::Tensor& query, const at::Tensor& key,
                            const at::Tensor& value);

}  // namespace heed
