#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace heed {

/// Attention maps as bytes: a weight w in [0, 1] becomes round(255 w), off by at most 1/510. If no
/// query sees a later key, only the lower triangle is kept, row by row.
struct WeightLayout {
  int64_t queries = 0;    ///< T
  int64_t keys = 0;       ///< S
  bool triangle = false;  ///< T = S, and nothing above the diagonal

  int64_t bytes() const { return triangle ? queries * (queries + 1) / 2 : queries * keys; }
};

/// `maps` [..., T, S]. A triangle where T = S and all weights above the diagonal are zero.
WeightLayout choose_layout(const at::Tensor& maps);

/// Appends the bytes of one map, float32 [T, S] on the CPU. NaN becomes 0; other values are clamped
/// to [0, 1].
void append_weight_bytes(const at::Tensor& map, const WeightLayout& layout, std::string& bytes);

/// RFC 4648, with padding.
std::string base64(std::string_view bytes);

}  // namespace heed
