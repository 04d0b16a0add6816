#include <c10/core/InferenceMode.h>
#include <c10/util/StringUtil.h>

#include <algorithm>
#include <cmath>
#include <mutex>
#include <stdexcept>

#include "models/positions/positional_encoding.h"

namespace heed {
namespace {

/// Rotary position embedding (2104.09864, section 3.2.2): the pair of dimensions (2i, 2i + 1) of a
/// query or key at position p is rotated by the angle p / 10000^(2i/K). A score then depends on the
/// positions through their difference alone.
class RotaryPositions : public AttentionPositions {
 public:
  explicit RotaryPositions(int64_t width) : width_(width) {}

  bool is_rotation() const override { return true; }

  Rotation rotation(int64_t length) const override {
    const std::lock_guard<std::mutex> lock(mutex_);  // threads share the model
    if (length_ < length) {
      const c10::InferenceMode outside(false);  // a backward pass may need them
      length_ = std::max(length, 2 * length_);
      const auto table = sinusoidal_table(length_, width_).view({length_, width_ / 2, 2});
      const auto sine = table.select(2, 0), cosine = table.select(2, 1);  // [T, K / 2]
      rotation_ = {.cosine = at::stack({cosine, cosine}, 2).flatten(1),
                   .sine = at::stack({-sine, sine}, 2).flatten(1)};
    }
    return rotation_;
  }

  at::Tensor rotate(const at::Tensor& heads, int64_t start) const override {
    const int64_t length = heads.size(-2), width = heads.size(-1);
    // The sinusoidal table holds sin and cos of each angle side by side.
    const auto table = sinusoidal_table(length, width, start, heads.options().requires_grad(false))
                           .view({length, width / 2, 2});
    const auto sine = table.select(2, 0), cosine = table.select(2, 1);  // [T, K / 2]
    const auto pairs = heads.unflatten(-1, {width / 2, 2});             // [..., T, K / 2, 2]
    const auto x = pairs.select(-1, 0), y = pairs.select(-1, 1);        // [..., T, K / 2]
    return at::stack({x * cosine - y * sine, x * sine + y * cosine}, -1).flatten(-2);
  }

 private:
  int64_t width_;
  mutable std::mutex mutex_;
  mutable int64_t length_ = 0;  // of rotation_
  mutable Rotation rotation_;
};

class RotaryKind : public PositionKind {
 public:
  std::shared_ptr<AttentionPositions> build_for_attention(int64_t,
                                                          int64_t head_width) const override {
    if (head_width % 2 != 0)
      throw std::invalid_argument(
          c10::str("rotary positions rotate pairs of dimensions: expected heads of an even width, "
                   "got a width of ",
                   head_width));
    return std::make_shared<RotaryPositions>(head_width);
  }
};

const Registration<PositionKind, RotaryKind> rotary_registration{
    "rotary", "queries and keys rotated by an angle that grows with the position (2104.09864)"};

}  // namespace
}  // namespace heed
