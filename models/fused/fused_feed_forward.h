#pragma once

#include <ATen/ATen.h>

#include "models/layers/feed_forward.h"
#include "models/layers/layer_norm.h"

namespace heed {

/// Whether the next one serves: float32 on a CPU, compute_options() say fused, nothing is dropped.
bool supports_feed_forward_block(const at::Tensor& input, const FeedForwardImpl& network);

/// x + FeedForward(Norm(x)), input [..., D] -> [..., D], by kernels, gradients too: some rows go
/// through it from end to end while they are in the core's cache, and no tensors are made between.
at::Tensor fused_feed_forward_block(const at::Tensor& input, const LayerNormImpl& norm,
                                    const FeedForwardImpl& network);

}  // namespace heed
