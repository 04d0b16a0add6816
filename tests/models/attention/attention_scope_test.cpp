#include "models/attention/attention_scope.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace heed {
namespace {

TEST(AllowedKeys, AreAllOfThemWithoutMaskAndWindow) {
  const auto allowed = allowed_keys({}, 2, 5);
  EXPECT_EQ(allowed.sizes(), (std::vector<int64_t>{1, 1, 2, 5}));
  EXPECT_TRUE(allowed.all().item<bool>());
}

TEST(AllowedKeys, FollowAMaskOfTruthsOrOfNumbers) {
  const auto mask = at::tensor({1, 0, 1, 1, 1, 0}, at::kLong).view({2, 3}).to(at::kBool);
  const auto added =
      at::zeros({2, 3}).masked_fill(mask.logical_not(), -std::numeric_limits<double>::infinity());
  EXPECT_TRUE(allowed_keys(mask, 2, 3)[0][0].equal(mask));
  EXPECT_TRUE(allowed_keys(added, 2, 3)[0][0].equal(mask));
}

TEST(AllowedKeys, OfACausalScopeWithLengthsAreThePresentOnesThatAreNotLater) {
  for (const bool causal : {true, false})
    for (const bool padded : {true, false}) {
      AttentionScope scope;
      scope.causal = causal;
      if (padded) scope.lengths = at::tensor({5, 2, 0}, at::kLong);
      const auto allowed = allowed_keys(scope, 3, 5).expand({3, 1, 3, 5});
      for (int64_t b = 0; b < 3; ++b)
        for (int64_t t = 0; t < 3; ++t)
          for (int64_t s = 0; s < 5; ++s) {
            const bool present = !padded || s < scope.lengths[b].item<int64_t>();
            const bool expected = present && (!causal || s <= t + 2);
            EXPECT_EQ(allowed[b][0][t][s].item<bool>(), expected)
                << b << " " << t << " " << s << " " << causal << " " << padded;
          }
    }
}

TEST(AttentionScope, IsOpenWhereNothingIsHidden) {
  EXPECT_TRUE(AttentionScope().is_open());
  AttentionScope causal, window, padded;
  causal.causal = true;
  window.window = 3;
  padded.lengths = at::tensor({1}, at::kLong);
  const AttentionScope masked(at::ones({1, 1}, at::kBool));
  for (const auto& scope : {causal, window, padded, masked}) EXPECT_FALSE(scope.is_open());
}

TEST(AllowedKeys, OfAWindowAreThoseNearTheQueryCountedFromTheLastPosition) {
  for (const bool causal : {true, false}) {
    AttentionScope scope;
    scope.window = 2;
    scope.causal = causal;
    const auto allowed = allowed_keys(scope, 3, 5)[0][0];
    for (int64_t t = 0; t < 3; ++t)
      for (int64_t s = 0; s < 5; ++s) {
        const int64_t distance = (t + 2) - s;
        const bool expected = std::abs(distance) < 2 && (!causal || distance >= 0);
        EXPECT_EQ(allowed[t][s].item<bool>(), expected) << t << " " << s << " " << causal;
      }
  }
}

TEST(AllowedKeys, OfAWindowLeaveOutPaddingToo) {
  AttentionScope scope(at::tensor({1, 1, 0}, at::kLong).to(at::kBool).view({1, 1, 1, 3}));
  scope.window = 5;
  const auto allowed = allowed_keys(scope, 3, 3)[0][0];
  EXPECT_EQ(allowed.sum().item<int64_t>(), 6);
  EXPECT_FALSE(allowed.select(1, 2).any().item<bool>());
}

}  // namespace
}  // namespace heed
