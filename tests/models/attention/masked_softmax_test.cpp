#include "models/attention/masked_softmax.h"

#include <gtest/gtest.h>
#include <torch/autograd.h>

#include <limits>

#include "tests/models/closeness.h"

namespace heed {
namespace {

at::Tensor weights_of(const at::Tensor& scores, const at::Tensor& mask) {
  return masked_softmax(scores, softmax_mask(mask, scores.options()));
}

TEST(MaskedSoftmax, IsTheSoftmaxOverWhatTheMaskLeaves) {
  at::manual_seed(1);
  const auto scores = at::randn({2, 3, 5}, at::kDouble);
  EXPECT_TRUE(close(weights_of(scores, {}), scores.softmax(-1), 1e-14));
  const auto mask = at::tensor({1, 0, 1, 1, 0}).to(at::kBool);
  const auto kept = at::tensor({0, 2, 3}, at::kLong), hidden = at::tensor({1, 4}, at::kLong);
  const auto weights = weights_of(scores, mask);
  EXPECT_TRUE(
      close(weights.index_select(-1, kept), scores.index_select(-1, kept).softmax(-1), 1e-14));
  EXPECT_TRUE(weights.index_select(-1, hidden).eq(0).all().item<bool>());
}

TEST(MaskedSoftmax, AddsAMaskOfNumbers) {
  at::manual_seed(2);
  const auto scores = at::randn({3, 5}, at::kDouble), mask = at::randn({3, 5}, at::kDouble);
  EXPECT_TRUE(close(weights_of(scores, mask), (scores + mask).softmax(-1), 1e-14));
}

TEST(MaskedSoftmax, ARowThatMayAttendNowhereIsZeroAndSoIsItsGradient) {
  at::manual_seed(3);
  const auto scores = random_input({3, 5});
  auto mask = at::ones({3, 5}, at::kBool);
  mask[1].fill_(false);
  const auto numbers =
      at::zeros({3, 5}, at::kDouble)
          .masked_fill(mask.logical_not(), -std::numeric_limits<double>::infinity());
  for (const auto& either : {mask, numbers}) {
    const auto weights = weights_of(scores, either);
    EXPECT_TRUE(weights[1].eq(0).all().item<bool>());
    EXPECT_TRUE(close(weights.sum(-1), at::tensor({1.0, 0.0, 1.0}, at::kDouble), 1e-14));
    const auto gradient = torch::autograd::grad({weighed_sum(weights)}, {scores})[0];
    EXPECT_TRUE(gradient[1].eq(0).all().item<bool>());
    EXPECT_TRUE(gradient[0].ne(0).all().item<bool>());
  }
}

TEST(MaskedSoftmax, AMaskThatHidesNoWholeRowNamesNone) {
  EXPECT_FALSE(softmax_mask({}, at::kDouble).added.defined());
  EXPECT_FALSE(softmax_mask(at::ones({2, 3}, at::kBool), at::kDouble).nowhere.defined());
  EXPECT_EQ(softmax_mask(at::zeros({2, 3}, at::kBool), at::kFloat).added.scalar_type(), at::kFloat);
}

}  // namespace
}  // namespace heed
