#include "models/layer_norm.h"

#include "tests/models/closeness.h"

namespace heed {
namespace {

TEST(LayerNorm, EqualsLibTorchsInOutputAndEveryGradient) {
  at::manual_seed(1);
  for (const int64_t width : {1, 2, 7, 64}) {
    LayerNorm norm(width);
    norm->to(at::kDouble);
    {
      at::NoGradGuard guard;
      norm->gain.copy_(at::randn({width}, at::kDouble));
      norm->bias.copy_(at::randn({width}, at::kDouble));
    }
    const auto input = random_input({3, 5, width});
    const auto ours = norm->forward(input);
    const auto theirs = at::layer_norm(input, {width}, norm->gain, norm->bias, 1e-5);
    EXPECT_TRUE(close(ours, theirs, output_tolerance));
    const std::vector<at::Tensor> inputs = {input, norm->gain, norm->bias};
    const auto our_gradients = torch::autograd::grad({weighed_sum(ours)}, inputs);
    const auto their_gradients = torch::autograd::grad({weighed_sum(theirs)}, inputs);
    for (size_t i = 0; i < inputs.size(); ++i)
      EXPECT_TRUE(close(our_gradients[i], their_gradients[i], gradient_tolerance))
          << "width " << width;
  }
}

TEST(LayerNorm, WithoutBiasHasOneParameterAndMeanZero) {
  LayerNorm norm(8, /*use_bias=*/false);
  EXPECT_EQ(norm->parameters().size(), 1u);
  EXPECT_TRUE(close(norm->forward(at::randn({4, 8})).mean(-1), at::zeros({4}), 1e-6));
}

}  // namespace
}  // namespace heed
