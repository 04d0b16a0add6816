#pragma once

#include <ATen/ATen.h>

#include <cstdint>

#include "models/fused/kernels/qk_norm_rope.h"
#include "models/positions/attention_positions.h"

namespace heed {

constexpr float head_norm_epsilon = 1e-5f;  // as of rms_normalised

struct QkNormRopeOptions {
  int64_t heads = 1;
  bool normalised = false;      ///< queries and keys divided by their root mean square
  at::Tensor query_scale = {};  ///< [H], a factor of each head's queries; undefined: 1
  Rotation rotation = {};       ///< undefined: none

  /// Whether it changes anything.
  bool changes_anything() const {
    return normalised || query_scale.defined() || rotation.cosine.defined();
  }
};

/// What it does to one position's queries, keys and values of all heads side by side, a row [3 D]
/// in one piece.
class QkNormRopeRow {
 public:
  /// The options must outlive it.
  QkNormRopeRow(const QkNormRopeOptions& options, int64_t width)
      : options_(options), width_(width) {}

  /// The same row, rotated; inverses [2 H] is what backward() wants besides.
  void forward(int64_t position, const float* from, float* to, float* inverses) const;

  /// From the gradient of the rotated row that of the row as it came, `from`; it may be the same
  /// place. That of query_scale [H], if there is one, is added to scale_gradient.
  void backward(int64_t position, const float* outer, const float* from, const float* inverses,
                float* gradient, float* scale_gradient) const;

 private:
  QkNormRope parameters(int64_t position, int64_t part) const;

  const QkNormRopeOptions& options_;
  int64_t width_;  // D
};

/// Queries and keys made ready for their scores: projected [B, T, 3 D], the queries, keys and
/// values of all heads side by side, -> the same, with values as they were. float32 on a CPU.
at::Tensor fused_qk_norm_rope(const at::Tensor& projected, const QkNormRopeOptions& options);

}  // namespace heed
