#pragma once

#include <ATen/ATen.h>

#include "models/layers/dropout.h"
#include "models/layers/layer_norm.h"

namespace heed {

struct ResidualOptions {
  bool norm_first = true;  ///< pre-norm (2002.04745), else post-norm as in 1706.03762
  double dropout = 0;      ///< on the branch
  bool training = false;
};

/// One block of a layer with its residual connection and norm, for input [B, T, D]: pre-norm
/// x + Drop(Block(Norm(x))), post-norm Norm(x + Drop(Block(x))).
template <class Block>
at::Tensor with_residual(const at::Tensor& input, LayerNorm& norm, const ResidualOptions& options,
                         const Block& block) {
  const auto branch = block(options.norm_first ? norm->forward(input) : input);  // [B, T, D]
  const auto sum = input + with_dropout(branch, options.dropout, options.training);
  return options.norm_first ? sum : norm->forward(sum);
}

}  // namespace heed
