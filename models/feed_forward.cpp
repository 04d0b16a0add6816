#include "models/feed_forward.h"

#include "models/activation.h"
#include "models/affine.h"

namespace heed {

FeedForwardImpl::FeedForwardImpl(const FeedForwardOptions& options) : options_(options) {
  using torch::nn::LinearOptions;
  inner = register_module(
      "inner", torch::nn::Linear(LinearOptions(options.width, options.hidden).bias(options.bias)));
  outer = register_module(
      "outer", torch::nn::Linear(LinearOptions(options.hidden, options.width).bias(options.bias)));
}

at::Tensor FeedForwardImpl::forward(const at::Tensor& input) {
  auto hidden =
      activate(options_.activation, affine(input, inner->weight, inner->bias));  // [..., hidden]
  if (is_training() && options_.dropout > 0) hidden = at::dropout(hidden, options_.dropout, true);
  return affine(hidden, outer->weight, outer->bias);  // [..., D]
}

}  // namespace heed
