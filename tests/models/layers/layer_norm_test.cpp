#include "models/layers/layer_norm.h"

#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>

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
      norm->weight.copy_(at::randn({width}, at::kDouble));
      norm->bias.copy_(at::randn({width}, at::kDouble));
    }
    const auto input = random_input({3, 5, width});
    const auto ours = norm->forward(input);
    const auto theirs = at::layer_norm(input, {width}, norm->weight, norm->bias, 1e-5);
    EXPECT_TRUE(close(ours, theirs, output_tolerance));
    const std::vector<at::Tensor> inputs = {input, norm->weight, norm->bias};
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

TEST(LayerNorm, OfTypeRmsDividesByTheRootMeanSquareAndHasNoBias) {
  at::manual_seed(2);
  for (const int64_t width : {1, 7, 64}) {
    LayerNorm norm(width, /*use_bias=*/true, NormType::rms);
    norm->to(at::kDouble);
    ASSERT_EQ(norm->parameters().size(), 1u);
    {
      at::NoGradGuard guard;
      norm->weight.copy_(at::randn({width}, at::kDouble));
    }
    const auto input = random_input({3, 5, width});
    const auto expected =
        input / (input * input).mean(-1, /*keepdim=*/true).add(1e-5).sqrt() * norm->weight;
    const auto output = norm->forward(input);
    EXPECT_TRUE(close(output, expected, output_tolerance));
    const auto ours = torch::autograd::grad({weighed_sum(output)}, {input, norm->weight});
    const auto theirs = torch::autograd::grad({weighed_sum(expected)}, {input, norm->weight});
    for (size_t i = 0; i < 2; ++i)
      EXPECT_TRUE(close(ours[i], theirs[i], gradient_tolerance)) << "width " << width;
  }
}

}  // namespace
}  // namespace heed
