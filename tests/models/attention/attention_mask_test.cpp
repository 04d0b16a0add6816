#include "models/attention/attention_mask.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace heed {
namespace {

TEST(AttentionMask, CausalMaskAllowsAQueryItselfAndEarlierKeys) {
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

TEST(AttentionMask, OnlyZeroOneMatricesAreMasks) {
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

TEST(AllowedKeys, AreAllOfThemWithoutMaskAndWindow) {
  const auto allowed = allowed_keys({}, 2, 5);
  EXPECT_EQ(allowed.sizes(), (std::vector<int64_t>{1, 1, 2, 5}));
  EXPECT_TRUE(allowed.all().item<bool>());
}

TEST(AllowedKeys, FollowBooleanAndAdditiveMasks) {
  const auto mask = at::tensor({1, 0, 1, 1, 1, 0}, at::kLong).view({2, 3}).to(at::kBool);
  const auto added =
      at::zeros({2, 3}).masked_fill(mask.logical_not(), -std::numeric_limits<double>::infinity());
  EXPECT_TRUE(allowed_keys(mask, 2, 3)[0][0].equal(mask));
  EXPECT_TRUE(allowed_keys(added, 2, 3)[0][0].equal(mask));
}

TEST(AllowedKeys, OfACausalMaskWithLengthsAreTheValidEarlierOnes) {
  for (const bool causal : {true, false})
    for (const bool padded : {true, false}) {
      AttentionMask mask;
      mask.causal = causal;
      if (padded) mask.lengths = at::tensor({5, 2, 0}, at::kLong);
      const auto allowed = allowed_keys(mask, 3, 5).expand({3, 1, 3, 5});
      for (int64_t b = 0; b < 3; ++b)
        for (int64_t t = 0; t < 3; ++t)
          for (int64_t s = 0; s < 5; ++s) {
            const bool present = !padded || s < mask.lengths[b].item<int64_t>();
            const bool expected = present && (!causal || s <= t + 2);
            EXPECT_EQ(allowed[b][0][t][s].item<bool>(), expected)
                << b << " " << t << " " << s << " " << causal << " " << padded;
          }
    }
}

TEST(AttentionMask, IsFullWhereNothingIsHidden) {
  EXPECT_TRUE(AttentionMask().is_full());
  AttentionMask causal, window, padded;
  causal.causal = true;
  window.window = 3;
  padded.lengths = at::tensor({1}, at::kLong);
  const AttentionMask masked(at::ones({1, 1}, at::kBool));
  for (const auto& mask : {causal, window, padded, masked}) EXPECT_FALSE(mask.is_full());
}

TEST(AllowedKeys, OfAWindowAreThoseNearTheQueryCountedFromTheLastPosition) {
  for (const bool causal : {true, false}) {
    AttentionMask mask;
    mask.window = 2;
    mask.causal = causal;
    const auto allowed = allowed_keys(mask, 3, 5)[0][0];
    for (int64_t t = 0; t < 3; ++t)
      for (int64_t s = 0; s < 5; ++s) {
        const int64_t distance = (t + 2) - s;
        const bool expected = std::abs(distance) < 2 && (!causal || distance >= 0);
        EXPECT_EQ(allowed[t][s].item<bool>(), expected) << t << " " << s << " " << causal;
      }
  }
}

TEST(AllowedKeys, OfAWindowLeaveOutPaddingToo) {
  AttentionMask mask(at::tensor({1, 1, 0}, at::kLong).to(at::kBool).view({1, 1, 1, 3}));
  mask.window = 5;
  const auto allowed = allowed_keys(mask, 3, 3)[0][0];
  EXPECT_EQ(allowed.sum().item<int64_t>(), 6);
  EXPECT_FALSE(allowed.select(1, 2).any().item<bool>());
}

}  // namespace
}  // namespace heed
