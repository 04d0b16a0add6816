#include "train/flat_parameters.h"

#include <torch/nn/modules/linear.h>

#include "tests/models/closeness.h"

namespace heed {
namespace {

TEST(FlatParameters, KeepTheValuesAndTieThemToOneBuffer) {
  torch::nn::Linear layer(3, 2);
  const auto weight = layer->weight.detach().clone(), bias = layer->bias.detach().clone();
  const FlatParameters flat(*layer);
  EXPECT_TRUE(layer->weight.equal(weight));
  EXPECT_TRUE(layer->bias.equal(bias));
  EXPECT_EQ(flat.values().numel(), 8);
  EXPECT_EQ(flat.matrix_count(), 6);
  {
    at::NoGradGuard guard;
    at::Tensor(flat.values()).mul_(2);
  }
  EXPECT_TRUE(layer->weight.equal(weight * 2));
  EXPECT_TRUE(layer->bias.equal(bias * 2));
}

TEST(FlatParameters, BackwardAddsIntoTheOneGradientBuffer) {
  torch::nn::Linear layer(3, 2);
  FlatParameters flat(*layer);
  const auto input = at::randn({4, 3});
  layer->forward(input).sum().backward();
  const auto expected = input.sum(0).expand({2, 3}).reshape({6});
  EXPECT_TRUE(close(flat.gradients().narrow(0, 0, 6), expected, 1e-6));
  EXPECT_TRUE(close(flat.gradients().narrow(0, 6, 2), at::full({2}, 4.0), 1e-6));
  layer->forward(input).sum().backward();
  EXPECT_TRUE(close(flat.gradients().narrow(0, 0, 6), expected * 2, 1e-5));
  flat.zero_gradients();
  EXPECT_TRUE(layer->weight.grad().equal(at::zeros({2, 3})));
}

}  // namespace
}  // namespace heed
