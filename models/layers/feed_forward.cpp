#include "models/layers/feed_forward.h"

#include "models/layers/activation.h"
#include "models/layers/dropout.h"
#include "models/layers/linear.h"

namespace heed {

FeedForwardImpl::FeedForwardImpl(const FeedForwardOptions& options) : options_(options) {
  using torch::nn::LinearOptions;
  inner = register_module(
      "inner", torch::nn::Linear(LinearOptions(options.width, options.hidden).bias(options.bias)));
  outer = register_module(
      "outer", torch::nn::Linear(LinearOptions(options.hidden, options.width).bias(options.bias)));
}

at::Tensor FeedForwardImpl::forward(const at::Tensor& input) {
  const auto hidden = activate(options_.activation,
                               heed::linear(input, inner->weight, inner->bias));  // [..., hidden]
  return heed::linear(with_dropout(hidden, options_.dropout, is_training()), outer->weight,
                      outer->bias);  // [..., D]
}

}  // namespace heed
