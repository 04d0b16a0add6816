#include "models/layers/feed_forward.h"

#include <torch/csrc/autograd/autograd.h>

#include <cmath>

#include "tests/models/closeness.h"

namespace heed {
namespace {

TEST(FeedForward, IsTwoProductsAroundAnActivation) {
  at::manual_seed(1);
  for (const auto activation : {Activation::relu, Activation::gelu, Activation::squared_relu}) {
    FeedForward network(FeedForwardOptions{.width = 3, .hidden = 5, .activation = activation});
    network->to(at::kDouble);
    const auto input = random_input({2, 4, 3});
    const auto inner =
        at::matmul(input, network->inner->weight.t()) + network->inner->bias;  // [2, 4, 5]
    const auto active = activation == Activation::relu ? inner.clamp_min(0)
                        : activation == Activation::squared_relu
                            ? inner.clamp_min(0) * inner
                            : inner * 0.5 * (1 + at::erf(inner / std::sqrt(2.0)));
    const auto expected = at::matmul(active, network->outer->weight.t()) + network->outer->bias;
    const auto output = network->forward(input);
    EXPECT_TRUE(close(output, expected, output_tolerance));
    auto inputs = network->parameters();
    inputs.push_back(input);
    const auto gradients = torch::autograd::grad({weighed_sum(output)}, inputs);
    const auto expected_gradients = torch::autograd::grad({weighed_sum(expected)}, inputs);
    for (size_t i = 0; i < inputs.size(); ++i)
      EXPECT_TRUE(close(gradients[i], expected_gradients[i], gradient_tolerance))
          << enum_name(activation);
  }
}

}  // namespace
}  // namespace heed
