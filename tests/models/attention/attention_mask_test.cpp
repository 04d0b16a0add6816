#include "models/attention/attention_mask.h"

#include <gtest/gtest.h>

namespace heed {
namespace {

TEST(AttentionMask, CausalMaskLetsAQuerySeeItselfAndWhatCameBefore) {
  const auto mask = causal_mask(4, 4);
  for (int64_t t = 0; t < 4; ++t)
    for (int64_t s = 0; s < 4; ++s) EXPECT_EQ(mask[t][s].item<bool>(), s <= t) << t << ", " << s;
}

TEST(AttentionMask, FewerQueriesThanKeysAreTheLastOnes) {
  EXPECT_TRUE(causal_mask(2, 5).equal(causal_mask(5, 5).slice(0, 3)));
}

TEST(AttentionMask, PaddingMaskHidesKeysBeyondEachRowsLength) {
  const auto mask = padding_mask(at::tensor({0, 2, 3}, at::kLong), 3);
  EXPECT_EQ(mask.sizes(), (std::vector<int64_t>{3, 1, 1, 3}));
  const auto expected = at::tensor({0, 0, 0, 1, 1, 0, 1, 1, 1}, at::kLong).view({3, 1, 1, 3});
  EXPECT_TRUE(mask.to(at::kLong).equal(expected));
}

TEST(AttentionMask, AnyZeroOneMatrixIsAMaskAndNothingElseIs) {
  const auto matrix = at::tensor({1.0, 0.0, 1.0, 1.0}).view({2, 2});
  EXPECT_TRUE(matrix_mask(matrix).equal(matrix == 1));
  EXPECT_THROW(matrix_mask(at::tensor({1.0, 0.5}).view({1, 2})), std::invalid_argument);
  EXPECT_THROW(matrix_mask(at::ones({2, 2, 2})), std::invalid_argument);
}

TEST(AttentionMask, BothMasksMustAllowAndAnUndefinedOneAllowsAll) {
  const auto first = at::tensor({1, 1, 0}, at::kInt) == 1,
             second = at::tensor({1, 0, 1}, at::kInt) == 1;
  EXPECT_TRUE(both_masks(first, second).equal(at::tensor({1, 0, 0}, at::kInt) == 1));
  EXPECT_TRUE(both_masks({}, second).equal(second));
  EXPECT_TRUE(both_masks(first, {}).equal(first));
  EXPECT_FALSE(both_masks({}, {}).defined());
}

}  // namespace
}  // namespace heed
