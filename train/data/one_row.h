#pragma once

#include <cstdint>

#include "models/sequence.h"

namespace heed {

/// One row of a batch without its padding, as a batch of one: what of it counts, [1, T] or
/// [1, T, C], and its source [1, S].
SequenceInput one_row(const SequenceInput& batch, int64_t row);

}  // namespace heed
