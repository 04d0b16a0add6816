#pragma once

#include "models/attention/attention_function.h"

namespace heed {

/// Whether the kernels of models/fused/kernels/attention.h can compute this: float32 on the CPU, no
/// dropout, no relative positions, no gradient of a bias.
bool is_fusible(const AttentionInput& input, const AttentionSettings& settings);

/// attend() by those kernels, a head at a time: scores, softmax and sums in blocks that stay in the
/// cache, hidden blocks not at all. Inputs may be any views. With heads [B, H, T, K] the output and
/// the gradients lie as [B, T, H, K] in memory, so that combining the heads needs no copy.
AttentionResult fused_attention(const AttentionInput& input, const AttentionSettings& settings);

/// The same for self-attention whose query, key and value are the three parts of `projected` [B, T,
/// 3 D], one view each, of `heads` heads: the gradient comes in one piece too. The output is [B, H,
/// T, K], as [B, T, D] in memory. `input` gives mask, bias, causality and lengths; its query, key
/// and value are left out.
AttentionResult fused_self_attention(const at::Tensor& projected, int64_t heads,
                                     AttentionInput input, const AttentionSettings& settings);

}  // namespace heed
