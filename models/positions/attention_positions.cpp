#include "models/positions/attention_positions.h"

namespace heed {

at::Tensor AttentionPositions::rotate(const at::Tensor& heads, int64_t) const { return heads; }

Rotation AttentionPositions::rotation(int64_t) const { return {}; }

void AttentionPositions::add_position_bias(AttentionInput&, int64_t) const {}

}  // namespace heed
