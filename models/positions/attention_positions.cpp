#include "models/positions/attention_positions.h"

namespace heed {

at::Tensor AttentionPositions::turn(const at::Tensor& heads, int64_t) const { return heads; }

Rotation AttentionPositions::rotation(int64_t) const { return {}; }

void AttentionPositions::place(AttentionInput&, int64_t) const {}

}  // namespace heed
