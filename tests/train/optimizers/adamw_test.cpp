#include <torch/nn/modules/linear.h>

#include <cmath>

#include "tests/models/closeness.h"
#include "train/optimizers/optimizer.h"

namespace heed {
namespace {

TEST(AdamW, FollowsItsDefinitionAndDecaysMatricesAlone) {
  at::manual_seed(1);
  torch::nn::Linear layer(3, 2);
  layer->to(at::kDouble);
  FlatParameters flat(*layer);
  const OptimizerOptions options{.beta1 = 0.8, .beta2 = 0.95, .epsilon = 1e-6, .weight_decay = 0.3};
  const auto optimizer = OptimizerRegistry::instance().make("adamw");
  optimizer->attach(flat, options);

  auto expected = flat.values().clone();
  auto first = at::zeros_like(expected), second = at::zeros_like(expected);
  const auto decayed = at::cat({at::ones({6}, at::kDouble), at::zeros({2}, at::kDouble)});
  for (int step = 1; step <= 5; ++step) {
    const auto gradient = at::randn({8}, at::kDouble);
    at::Tensor(flat.gradients()).copy_(gradient);
    const double rate = 0.1 / step;
    optimizer->step(rate);
    expected = expected * (1 - rate * options.weight_decay * decayed);
    first = options.beta1 * first + (1 - options.beta1) * gradient;
    second = options.beta2 * second + (1 - options.beta2) * gradient * gradient;
    const auto corrected = (second / (1 - std::pow(options.beta2, step))).sqrt() + options.epsilon;
    expected = expected - rate * (first / (1 - std::pow(options.beta1, step))) / corrected;
    EXPECT_TRUE(close(flat.values(), expected, 1e-12)) << "step " << step;
  }
}

TEST(AdamW, ItsStateIsAllItNeedsToGoOn) {
  at::manual_seed(2);
  torch::nn::Linear one(3, 2), other(3, 2);
  FlatParameters flat_one(*one), flat_other(*other);
  const auto optimizer_one = OptimizerRegistry::instance().make("adamw");
  const auto optimizer_other = OptimizerRegistry::instance().make("adamw");
  optimizer_one->attach(flat_one, {});
  optimizer_other->attach(flat_other, {});
  const auto step = [](const FlatParameters& flat, Optimizer& optimizer) {
    at::Tensor(flat.gradients()).fill_(0.5);
    optimizer.step(0.1);
  };
  step(flat_one, *optimizer_one);
  at::Tensor(flat_other.values()).copy_(flat_one.values());
  for (size_t i = 0; i < optimizer_one->state().size(); ++i)
    at::Tensor(optimizer_other->state()[i].second).copy_(optimizer_one->state()[i].second);
  step(flat_one, *optimizer_one);
  step(flat_other, *optimizer_other);
  EXPECT_TRUE(flat_one.values().equal(flat_other.values()));
}

}  // namespace
}  // namespace heed
