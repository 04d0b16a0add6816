#include "src/analysis/token_patterns.h"

namespace heed {

at::Tensor earlier_same(const at::Tensor& tokens) {
  return (tokens.unsqueeze(2) == tokens.unsqueeze(1)).tril(-1);
}

at::Tensor after_earlier_same(const at::Tensor& tokens) {
  return at::constant_pad_nd(earlier_same(tokens), {1, -1});  // each key moves one to the right
}

}  // namespace heed
