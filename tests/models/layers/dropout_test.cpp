#include "models/layers/dropout.h"

#include <gtest/gtest.h>

#include "tests/models/closeness.h"

namespace heed {
namespace {

TEST(Dropout, KeepsTheMeanAndZeroesTheGivenShare) {
  at::manual_seed(1);
  const auto ones = at::ones({200, 100});
  const auto dropped = with_dropout(ones, 0.25);
  EXPECT_NEAR(dropped.eq(0).to(at::kFloat).mean().item<double>(), 0.25, 0.02);
  EXPECT_NEAR(dropped.mean().item<double>(), 1, 0.03);
  EXPECT_NEAR(dropped.max().item<double>(), 1 / 0.75, 1e-6);
}

TEST(Dropout, IsTheInputIfNothingIsDropped) {
  const auto input = at::randn({3, 4});
  EXPECT_TRUE(with_dropout(input, 0).is_same(input));
  EXPECT_TRUE(with_dropout(input, 0.5, /*training=*/false).is_same(input));
}

TEST(Dropout, TheGradientIsDroppedWithTheNumber) {
  const auto input = at::randn({50}).set_requires_grad(true);
  const auto dropped = with_dropout(input, 0.5);
  dropped.sum().backward();
  EXPECT_TRUE(at::equal(input.grad(), dropped.detach().ne(0).to(at::kFloat) * 2));
}

TEST(Dropout, InAScopeFollowsFromItsSeedAndLeavesTheDefaultGeneratorAlone) {
  const auto ones = at::ones({100});
  const auto drop = [&](uint64_t seed) {
    const DropoutScope scope(seed);
    return with_dropout(ones, 0.5);
  };
  at::manual_seed(1);
  const auto next = at::rand({3});
  at::manual_seed(1);
  const auto first = drop(7);
  EXPECT_TRUE(at::equal(drop(7), first));
  EXPECT_FALSE(at::equal(drop(8), first));
  EXPECT_TRUE(at::equal(at::rand({3}), next));
}

TEST(Dropout, AScopeInAScopeEndsWithTheOuterOne) {
  const auto ones = at::ones({100});
  const DropoutScope outer(3);
  const auto first = with_dropout(ones, 0.5);
  {
    const DropoutScope inner(3);
    EXPECT_TRUE(at::equal(with_dropout(ones, 0.5), first));
  }
  const auto second = with_dropout(ones, 0.5);
  EXPECT_FALSE(at::equal(second, first));
  const DropoutScope again(3);
  with_dropout(ones, 0.5);
  EXPECT_TRUE(at::equal(with_dropout(ones, 0.5), second));
}

}  // namespace
}  // namespace heed
