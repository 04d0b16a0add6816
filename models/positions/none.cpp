#include "models/positional_encoding.h"

namespace heed {
namespace {

class NoPositions : public PositionalEncoding {
 public:
  at::Tensor forward(const at::Tensor& embedded, int64_t) override { return embedded; }
};

class NoPositionsKind : public PositionKind {
 public:
  std::shared_ptr<PositionalEncoding> build(int64_t, int64_t) const override {
    return std::make_shared<NoPositions>();
  }
};

const Registration<PositionKind, NoPositionsKind> registration{
    "none", "no positions: order enters by the causal mask alone"};

}  // namespace
}  // namespace heed
