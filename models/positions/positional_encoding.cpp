#include "models/positions/positional_encoding.h"

namespace heed {

std::shared_ptr<PositionalEncoding> PositionKind::build(int64_t, int64_t) const {
  return std::make_shared<NoPositions>();
}

std::shared_ptr<AttentionPositions> PositionKind::build_for_attention(int64_t, int64_t) const {
  return nullptr;
}

}  // namespace heed
