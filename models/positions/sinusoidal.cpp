#include <cmath>

#include "models/positions/positional_encoding.h"

namespace heed {

at::Tensor sinusoidal_table(int64_t length, int64_t width, int64_t start,
                            const at::TensorOptions& options) {
  // In float64: float32 angles of late positions lose their last digits.
  const auto exact = options.dtype(at::kDouble);
  const auto positions = at::arange(start, start + length, exact).unsqueeze(1);  // [T, 1]
  const auto pairs = at::arange(0, width, 2, exact);                             // [ceil(D / 2)]
  const auto frequencies = at::exp(pairs * (-std::log(10000.0) / static_cast<double>(width)));
  const auto angles = positions * frequencies;  // [T, ceil(D / 2)]
  const auto interleaved =
      at::stack({angles.sin(), angles.cos()}, -1).flatten(1);  // [T, D or D + 1]
  return interleaved.narrow(1, 0, width).to(options);
}

namespace {

/// Tokens are scaled by sqrt(D) (1706.03762, section 3.4), or the table would dominate them.
class SinusoidalPositions : public PositionalEncoding {
 public:
  at::Tensor forward(const at::Tensor& embedded, int64_t start) override {
    const int64_t length = embedded.size(1), width = embedded.size(2);
    const auto table =
        sinusoidal_table(length, width, start, embedded.options().requires_grad(false));
    return embedded * std::sqrt(static_cast<double>(width)) + table;  // [B, T, D]
  }
};

class SinusoidalKind : public PositionKind {
 public:
  std::shared_ptr<PositionalEncoding> build(int64_t, int64_t) const override {
    return std::make_shared<SinusoidalPositions>();
  }
};

const Registration<PositionKind, SinusoidalKind> sinusoidal_registration{
    "sinusoidal", "fixed sines and cosines of the position, added to the input (1706.03762)"};

}  // namespace
}  // namespace heed
