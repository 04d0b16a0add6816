#include "models/positions/alibi.h"

#include <gtest/gtest.h>

#include <cmath>

#include "models/positions/positional_encoding.h"
#include "tests/models/closeness.h"

namespace heed {
namespace {

TEST(AlibiSlopes, ArePowersOfTwoWhereTheHeadsAre) {
  EXPECT_EQ(alibi_slopes(1), (std::vector<double>{1.0 / 256}));
  EXPECT_EQ(alibi_slopes(4), (std::vector<double>{1.0 / 4, 1.0 / 16, 1.0 / 64, 1.0 / 256}));
  EXPECT_EQ(alibi_slopes(8).front(), 0.5);
}

TEST(AlibiSlopes, OfOtherHeadCountsAddEverySecondOneOfTheNextPower) {
  const auto eight = alibi_slopes(8);
  EXPECT_EQ(alibi_slopes(6),
            (std::vector<double>{1.0 / 4, 1.0 / 16, 1.0 / 64, 1.0 / 256, eight[0], eight[2]}));
  const auto twelve = alibi_slopes(12);
  ASSERT_EQ(twelve.size(), 12u);
  for (int64_t i = 0; i < 4; ++i)
    EXPECT_DOUBLE_EQ(twelve[static_cast<size_t>(8 + i)],
                     std::exp2(-8.0 * static_cast<double>(2 * i + 1) / 16));
}

TEST(AlibiPositions, ScoresFallWithTheDistanceAsTheDefinitionSays) {
  const int64_t heads = 3, queries = 4, keys = 6, first_query = 2;
  const auto positions = PositionRegistry::instance().make("alibi")->build_for_attention(heads, 2);
  AttentionInput input{at::zeros({1, heads, queries, 2}, at::kDouble),
                       at::zeros({1, heads, keys, 2}, at::kDouble),
                       at::zeros({1, heads, keys, 2}, at::kDouble)};
  positions->add_position_bias(input, first_query);
  ASSERT_EQ(input.bias.sizes(), (std::vector<int64_t>{heads, queries, keys}));
  for (int64_t h = 0; h < heads; ++h)
    for (int64_t t = 0; t < queries; ++t)
      for (int64_t s = 0; s < keys; ++s)
        EXPECT_DOUBLE_EQ(input.bias[h][t][s].item<double>(),
                         -alibi_slopes(heads)[static_cast<size_t>(h)] *
                             std::abs(static_cast<double>(first_query + t - s)));
}

}  // namespace
}  // namespace heed
