#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

#include "train/task.h"

namespace heed {

/// Windows [B, T + 1] of tokens as inputs (all but the last) and targets (all but the first).
Batch next_token_batch(const at::Tensor& windows);

/// Rows of different lengths, each at least 2 tokens, for next-token prediction: padded behind,
/// lengths given.
Batch next_token_batch(const std::vector<std::vector<int64_t>>& rows);

/// A token stream [N] cut into blocks of `context` inputs without overlap, each predicting one
/// token further; the last block may be shorter, its missing positions are not scored. Together
/// they score tokens 1 to N - 1.
Batch adjoining_blocks(const at::Tensor& tokens, int64_t context, int64_t first, int64_t count);
int64_t adjoining_block_count(const at::Tensor& tokens, int64_t context);

}  // namespace heed
