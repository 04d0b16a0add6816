#pragma once

#include <ATen/ATen.h>

#include "models/transformer/encoder.h"

namespace heed {

/// Whether decode_layer() serves: float32 on a CPU, compute_options() say fused, no gradient is
/// asked for, and order is told at the input or by rotating queries and keys.
bool supports_decode_layer(EncoderLayerImpl& layer, const at::Tensor& input);

/// EncoderLayer::forward for one new position a row, input [B, 1, D], with nothing hidden from it
/// and its keys and values appended to `cache`: by kernels from end to end, since at this size a
/// tensor operation costs more than its arithmetic. The rows one after the other, on this thread.
at::Tensor decode_layer(EncoderLayerImpl& layer, const at::Tensor& input, KeyValueCache& cache);

}  // namespace heed
