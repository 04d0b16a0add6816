#include "src/analysis/head_statistics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>

#include "tests/models/closeness.h"

namespace heed {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

TEST(HeadStatistics, AreMeanAndStandardDeviationOverSentences) {
  HeadStatistics statistics;
  EXPECT_FALSE(statistics.has_heads());
  statistics.add(at::tensor({1.0, 5.0, 2.0, 5.0}, at::kDouble).view({2, 2}));
  statistics.add(at::tensor({6.0, 5.0}, at::kDouble).view({1, 2}));
  EXPECT_TRUE(close(statistics.mean(), at::tensor({3.0, 5.0}, at::kDouble), 1e-12));
  EXPECT_TRUE(close(statistics.spread(), at::tensor({std::sqrt(7.0), 0.0}, at::kDouble), 1e-12));
  EXPECT_TRUE(statistics.count().equal(at::tensor(std::vector<int64_t>{3, 3})));
}

TEST(HeadStatistics, LeaveOutWhatIsNoNumber) {
  HeadStatistics statistics;
  statistics.add(at::tensor({nan, nan, 4.0, nan}, at::kDouble).view({2, 2}));
  statistics.add(at::tensor({8.0, nan}, at::kDouble).view({1, 2}));
  EXPECT_TRUE(statistics.count().equal(at::tensor(std::vector<int64_t>{2, 0})));
  EXPECT_DOUBLE_EQ(statistics.mean()[0].item<double>(), 6);
  EXPECT_DOUBLE_EQ(statistics.spread()[0].item<double>(), std::sqrt(8.0));
  EXPECT_TRUE(std::isnan(statistics.mean()[1].item<double>()));
  EXPECT_TRUE(std::isnan(statistics.spread()[1].item<double>()));
}

TEST(HeadStatistics, OfOneSentenceHaveNoSpread) {
  HeadStatistics statistics;
  statistics.add(at::full({1, 1}, 0.5, at::kDouble));
  EXPECT_DOUBLE_EQ(statistics.mean().item<double>(), 0.5);
  EXPECT_TRUE(std::isnan(statistics.spread().item<double>()));
}

TEST(HeadStatistics, DoNotDependOnHowSentencesAreBatched) {
  at::manual_seed(3);
  const auto values = 1000 + at::randn({30, 4}, at::kDouble);
  HeadStatistics whole, parts;
  whole.add(values);
  for (const auto& part : values.split(7)) parts.add(part);
  EXPECT_TRUE(close(parts.mean(), whole.mean(), 1e-10));
  EXPECT_TRUE(close(parts.spread(), values.std(0), 1e-10));
  EXPECT_TRUE(close(whole.spread(), values.std(0), 1e-10));
}

TEST(HeadStatistics, RefuseAnotherNumberOfHeads) {
  HeadStatistics statistics;
  statistics.add(at::zeros({2, 3}));
  EXPECT_THROW(statistics.add(at::zeros({2, 4})), std::invalid_argument);
  EXPECT_THROW(statistics.add(at::zeros({3})), std::invalid_argument);
}

}  // namespace
}  // namespace heed
