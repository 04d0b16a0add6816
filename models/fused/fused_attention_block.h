#pragma once

#include <ATen/ATen.h>

#include "models/attention/attention_mask.h"
#include "models/attention/multi_head_attention.h"
#include "models/layers/layer_norm.h"

namespace heed {

/// Whether the next one serves: float32 on a CPU, compute_options() say fused, nothing is dropped,
/// no mask but causality and lengths, order told at the input or by rotating queries and keys.
bool supports_attention_block(const at::Tensor& input, const MultiHeadAttentionImpl& attention,
                              const AttentionMask& mask);

/// x + SelfAttention(Norm(x)), input [B, T, D] -> [B, T, D], by kernels, gradients too: a sequence
/// goes through it from end to end while it is in the core's cache, and no tensors are made
/// between.
at::Tensor fused_attention_block(const at::Tensor& input, const LayerNormImpl& norm,
                                 const MultiHeadAttentionImpl& attention,
                                 const AttentionMask& mask);

}  // namespace heed
