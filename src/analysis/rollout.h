#pragma once

#include <ATen/ATen.h>

#include <vector>

namespace heed {

/// Attention rollout (Abnar & Zuidema 2020, 2005.00928): how much each position of the input
/// contributes to each position of a layer, if a layer were only attention and a residual
/// connection. Per layer: half the mean over its heads and half the identity, rows scaled to sum to
/// one, times what the layers below give.
///
/// `layers`: weights [B, H, T, T] of self-attention from the first layer up. Returns [B, T, T] per
/// layer, whose rows sum to one; a position that may attend nowhere consists of itself. Throws
/// std::invalid_argument for maps that are not square or not of one size.
std::vector<at::Tensor> rollout(const std::vector<at::Tensor>& layers);

}  // namespace heed
