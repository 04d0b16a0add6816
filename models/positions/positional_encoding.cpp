#include "models/positions/positional_encoding.h"

namespace heed {

at::Tensor AttentionPositions::rotate(const at::Tensor& heads, int64_t) const { return heads; }

Rotation AttentionPositions::rotation(int64_t) const { return {}; }

void AttentionPositions::add_position_bias(AttentionInput&, int64_t) const {}

std::shared_ptr<PositionalEncoding> PositionKind::build(int64_t, int64_t) const {
  return std::make_shared<NoPositions>();
}

std::shared_ptr<AttentionPositions> PositionKind::build_for_attention(int64_t, int64_t) const {
  return nullptr;
}

}  // namespace heed
