#include "train/optimizers/flat_parameters.h"

#include <ATen/core/grad_mode.h>
#include <torch/nn/modules/linear.h>

#include "tests/models/closeness.h"
#include "tests/models/tiny_model.h"

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

TEST(FlatParameters, HiddenMatricesOfOneShapeLieTogetherAheadOfEmbeddingsAndVectors) {
  const auto model = tiny_model("transformer", {{"bias", true}});  // 2 layers of width D = 4
  const FlatParameters flat(*model);
  const auto& stacks = flat.hidden_stacks();
  ASSERT_EQ(stacks.size(), 3);
  EXPECT_EQ(stacks[0].values.sizes(), (std::vector<int64_t>{8, 4, 4}));   // Q, K, V, output
  EXPECT_EQ(stacks[1].values.sizes(), (std::vector<int64_t>{2, 4, 16}));  // outer
  EXPECT_EQ(stacks[2].values.sizes(), (std::vector<int64_t>{2, 16, 4}));  // inner
  EXPECT_EQ(flat.hidden_count(), 2 * 12 * 16);
  EXPECT_EQ(flat.matrix_count(), 2 * 12 * 16 + (7 + 12 + 7) * 4);  // embedding, positions, output
  const auto parameters = model->named_parameters();
  const auto& input = parameters["encoder.layer0.attention.input_weight"];
  EXPECT_TRUE(stacks[0].values[1].equal(input.narrow(0, 4, 4)));  // W_K
  for (const auto& stack : stacks) at::Tensor(stack.gradients).fill_(1);
  EXPECT_EQ(flat.gradients().sum().item<double>(), 2 * 12 * 16);
  for (const auto& parameter : parameters)
    EXPECT_EQ(parameter.value().grad().any().item<bool>(),
              parameter.value().dim() == 2 && parameter.key().starts_with("encoder"))
        << parameter.key();
}

TEST(FlatParameters, TheGatesOfARecurrentLayerAreMatricesOfTheirOwn) {
  const auto model = tiny_model("lstm");
  const FlatParameters flat(*model);
  ASSERT_EQ(flat.hidden_stacks().size(), 1);
  EXPECT_EQ(flat.hidden_stacks()[0].values.sizes(), (std::vector<int64_t>{16, 4, 4}));
}

}  // namespace
}  // namespace heed
