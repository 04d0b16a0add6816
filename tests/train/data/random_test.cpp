#include "train/data/random.h"

#include <gmock/gmock.h>

#include <map>
#include <set>

namespace heed {
namespace {

TEST(Random, DistinctNumbersAreBelowTheSizeAndDifferent) {
  for (uint64_t index = 0; index < 200; ++index) {
    const auto drawn = Random(1, 0, index).distinct(5, 8);
    ASSERT_THAT(drawn, ::testing::SizeIs(5));
    ASSERT_THAT(drawn, ::testing::Each(::testing::AllOf(::testing::Ge(0), ::testing::Lt(8))));
    ASSERT_EQ(std::set<int64_t>(drawn.begin(), drawn.end()).size(), 5u);
  }
  EXPECT_THAT(Random(1, 0, 0).distinct(6, 6), ::testing::UnorderedElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_THAT(Random(1, 0, 0).distinct(0, 6), ::testing::IsEmpty());
}

TEST(Random, EveryOrderOfDistinctNumbersIsEquallyLikely) {
  std::map<std::vector<int64_t>, int> orders;
  Random random(1, 0, 0);
  for (int i = 0; i < 12000; ++i) ++orders[random.distinct(2, 4)];
  ASSERT_EQ(orders.size(), 12u);
  for (const auto& [order, count] : orders)
    EXPECT_NEAR(count, 1000, 150) << ::testing::PrintToString(order);  // 5 standard deviations
}

TEST(Random, NumbersAreAFunctionOfSeedStreamAndIndex) {
  const auto drawn = Random(1, 2, 3).distinct(10, 100);
  EXPECT_EQ(drawn, Random(1, 2, 3).distinct(10, 100));
  EXPECT_NE(drawn, Random(9, 2, 3).distinct(10, 100));
  EXPECT_NE(drawn, Random(1, 9, 3).distinct(10, 100));
  EXPECT_NE(drawn, Random(1, 2, 9).distinct(10, 100));
}

}  // namespace
}  // namespace heed
