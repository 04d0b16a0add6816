#pragma once

#include <ATen/ATen.h>

#include "models/layers/dropout.h"
#include "models/transformer/encoder.h"

namespace heed {

/// One block of a layer with its residual connection and norm, for input [B, T, D]: pre-norm
/// x + Drop(Block(Norm(x))), post-norm Norm(x + Drop(Block(x))).
template <class Block>
at::Tensor with_residual(const at::Tensor& input, LayerNorm& norm, const EncoderOptions& options,
                         bool training, const Block& block) {
  const auto branch = block(options.norm_first ? norm->forward(input) : input);  // [B, T, D]
  const auto sum = input + with_dropout(branch, options.dropout, training);
  return options.norm_first ? sum : norm->forward(sum);
}

}  // namespace heed
