#include "models/feed_forward.h"

#include <stdexcept>

namespace heed {

const std::vector<std::string>& activation_names() {
  static const std::vector<std::string> names = {"gelu", "relu"};
  return names;
}

at::Tensor activate(const std::string& name, const at::Tensor& input) {
  if (name == "relu") return input.relu();
  if (name == "gelu") return at::gelu(input);
  throw std::invalid_argument("there is no activation \"" + name + "\"; known are: gelu, relu");
}

FeedForwardImpl::FeedForwardImpl(const FeedForwardOptions& options) : options_(options) {
  using torch::nn::LinearOptions;
  inner = register_module(
      "inner", torch::nn::Linear(LinearOptions(options.width, options.hidden).bias(options.bias)));
  outer = register_module(
      "outer", torch::nn::Linear(LinearOptions(options.hidden, options.width).bias(options.bias)));
}

at::Tensor FeedForwardImpl::forward(const at::Tensor& input) {
  auto hidden = activate(options_.activation, inner->forward(input));  // [..., hidden]
  if (is_training() && options_.dropout > 0) hidden = at::dropout(hidden, options_.dropout, true);
  return outer->forward(hidden);  // [..., D]
}

}  // namespace heed
