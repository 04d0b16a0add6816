#include "train/optimizers/schedule.h"

#include <gtest/gtest.h>

namespace heed {
namespace {

TEST(Schedule, RisesLinearlyToItsPeakAndFallsToItsFloor) {
  const auto cosine = make_schedule("cosine", {.lr = 1, .min_lr = 0.1, .warmup = 9, .steps = 109});
  EXPECT_DOUBLE_EQ(cosine->learning_rate(0), 0.1);
  EXPECT_DOUBLE_EQ(cosine->learning_rate(4), 0.5);
  EXPECT_DOUBLE_EQ(cosine->learning_rate(9), 1);
  EXPECT_NEAR(cosine->learning_rate(59), 0.55, 1e-12);  // half-way down
  EXPECT_NEAR(cosine->learning_rate(109), 0.1, 1e-12);
}

TEST(Schedule, ALinearOneFallsEvenlyAndAConstantOneStays) {
  const auto linear = make_schedule("linear", {.lr = 1, .min_lr = 0, .warmup = 0, .steps = 10});
  EXPECT_DOUBLE_EQ(linear->learning_rate(0), 1);
  EXPECT_DOUBLE_EQ(linear->learning_rate(4), 0.6);
  EXPECT_NEAR(linear->learning_rate(10), 0, 1e-12);
  const auto constant = make_schedule("constant", {.lr = 0.3, .warmup = 2, .steps = 10});
  EXPECT_LT(constant->learning_rate(1), 0.3);
  EXPECT_DOUBLE_EQ(constant->learning_rate(9), 0.3);
}

TEST(Schedule, ATrapezoidStaysAtItsPeakAndFallsAtItsEnd) {
  const auto trapezoid = make_schedule(
      "trapezoid", {.lr = 1, .min_lr = 0.2, .warmup = 4, .steps = 100, .decay_fraction = 0.4});
  EXPECT_DOUBLE_EQ(trapezoid->learning_rate(0), 0.2);
  EXPECT_DOUBLE_EQ(trapezoid->learning_rate(4), 1);
  EXPECT_DOUBLE_EQ(trapezoid->learning_rate(60), 1);
  EXPECT_DOUBLE_EQ(trapezoid->learning_rate(80), 0.6);
  EXPECT_DOUBLE_EQ(trapezoid->learning_rate(100), 0.2);
}

TEST(Schedule, EveryRegisteredKindExistsAndNoOther) {
  for (const auto& kind : ScheduleRegistry::instance().names())
    EXPECT_GT(make_schedule(kind, {.lr = 1, .steps = 10})->learning_rate(5), 0) << kind;
  EXPECT_THROW(make_schedule("triangle", {.lr = 1, .steps = 10}), std::invalid_argument);
}

}  // namespace
}  // namespace heed
