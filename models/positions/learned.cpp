#include <c10/util/StringUtil.h>

#include <stdexcept>

#include "models/positions/positional_encoding.h"

namespace heed {
namespace {

/// One trained vector per position. There are none beyond the longest length of training.
class LearnedPositions : public PositionalEncoding {
 public:
  LearnedPositions(int64_t width, int64_t max_length) {
    table_ = register_parameter("table", at::randn({max_length, width}) * 0.02);  // [max_length, D]
  }

  at::Tensor forward(const at::Tensor& embedded, int64_t start) override {
    const int64_t length = embedded.size(1);
    if (start + length > max_positions())
      throw std::invalid_argument(c10::str("learned positions were made for ", max_positions(),
                                           " positions, got a sequence of ", start + length));
    return embedded + table_.narrow(0, start, length);  // [B, T, D]
  }

  int64_t max_positions() const override { return table_.size(0); }

 private:
  at::Tensor table_;
};

class LearnedKind : public PositionKind {
 public:
  std::shared_ptr<PositionalEncoding> build(int64_t width, int64_t max_length) const override {
    return std::make_shared<LearnedPositions>(width, max_length);
  }
};

const Registration<PositionKind, LearnedKind> learned_registration{
    "learned",
    "a trained vector per position, added to the input; none beyond the training length"};

}  // namespace
}  // namespace heed
