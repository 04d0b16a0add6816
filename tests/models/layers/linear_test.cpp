#include "models/layers/linear.h"

#include <gtest/gtest.h>

namespace heed {
namespace {

TEST(Linear, IsAProductWithTheTransposedWeightPlusTheBias) {
  at::manual_seed(1);
  const auto input = at::randn({2, 3, 5}), weight = at::randn({4, 5}), bias = at::randn({4});
  const auto expected = at::matmul(input, weight.t());
  EXPECT_TRUE(at::allclose(heed::linear(input, weight), expected, 1e-5, 1e-5));
  EXPECT_TRUE(at::allclose(heed::linear(input, weight, bias), expected + bias, 1e-5, 1e-5));
}

TEST(Linear, ShapesThatDoNotFitAreRefused) {
  EXPECT_ANY_THROW(heed::linear(at::randn({2, 3}), at::randn({4, 5})));
  EXPECT_ANY_THROW(heed::linear(at::randn({2, 3}), at::randn({4, 3}), at::randn({5})));
}

}  // namespace
}  // namespace heed
