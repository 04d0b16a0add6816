#pragma once

#include "models/attention/attention.h"
#include "models/attention/attention_mask.h"
#include "models/positions/positional_encoding.h"

namespace heed {

/// Self-attention in which query t sees key s if |t - s| < W, and no later key if causal: the
/// sliding window of 2004.05150. The queries are cut into blocks of W; a block sees its own keys
/// and those of the block before (and after), so that time and memory grow with T x W instead of T
/// x T.
///
/// query, key, value [B, H, T, K]; `mask` holds the window and, if any, lengths and a mask [B, 1,
/// 1, T] of the keys that count; `positions` may be null. The result is attend()'s under the same
/// window as a mask; the weights, if asked for, are spread out to [B, H, T, T].
AttentionResult sliding_window_attention(const at::Tensor& query, const at::Tensor& key,
                                         const at::Tensor& value, const AttentionMask& mask,
                                         const AttentionPositions* positions = nullptr,
                                         const AttentionSettings& settings = {});

}  // namespace heed
