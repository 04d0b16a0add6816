#pragma once

#include "models/attention/attention.h"

namespace heed {

/// attend() by LibTorch's operators with the gradients written out by hand: their derivation is in
/// manual_backward.cpp. The mask must include causality and lengths. Runs where no kernel applies;
/// `heed study backward` compares it with autograd and with finite differences.
AttentionResult attend_manually(const AttentionInput& input,
                                const AttentionSettings& settings = {});

}  // namespace heed
