#include "train/optimizers/schedule.h"

#include <gtest/gtest.h>

namespace heed {
namespace {

TEST(Schedule, RisesLinearlyToItsPeakAndFallsToItsFloor) {
  const ScheduleOptions cosine{.kind = "cosine", .lr = 1, .min_lr = 0.1, .warmup = 9, .steps = 109};
  EXPECT_DOUBLE_EQ(learning_rate(cosine, 0), 0.1);
  EXPECT_DOUBLE_EQ(learning_rate(cosine, 4), 0.5);
  EXPECT_DOUBLE_EQ(learning_rate(cosine, 9), 1);
  EXPECT_NEAR(learning_rate(cosine, 59), 0.55, 1e-12);  // half-way down
  EXPECT_NEAR(learning_rate(cosine, 109), 0.1, 1e-12);
}

TEST(Schedule, LinearAndConstantDoWhatTheySay) {
  const ScheduleOptions linear{.kind = "linear", .lr = 1, .min_lr = 0, .warmup = 0, .steps = 10};
  EXPECT_DOUBLE_EQ(learning_rate(linear, 0), 1);
  EXPECT_DOUBLE_EQ(learning_rate(linear, 4), 0.6);
  EXPECT_NEAR(learning_rate(linear, 10), 0, 1e-12);
  const ScheduleOptions constant{.kind = "constant", .lr = 0.3, .warmup = 2, .steps = 10};
  EXPECT_LT(learning_rate(constant, 1), 0.3);
  EXPECT_DOUBLE_EQ(learning_rate(constant, 9), 0.3);
}

TEST(Schedule, ATrapezoidStaysAtItsPeakAndFallsInItsLastShare) {
  const ScheduleOptions trapezoid{.kind = "trapezoid",
                                  .lr = 1,
                                  .min_lr = 0.2,
                                  .warmup = 4,
                                  .steps = 100,
                                  .decay_fraction = 0.4};
  EXPECT_DOUBLE_EQ(learning_rate(trapezoid, 0), 0.2);
  EXPECT_DOUBLE_EQ(learning_rate(trapezoid, 4), 1);
  EXPECT_DOUBLE_EQ(learning_rate(trapezoid, 60), 1);
  EXPECT_DOUBLE_EQ(learning_rate(trapezoid, 80), 0.6);
  EXPECT_DOUBLE_EQ(learning_rate(trapezoid, 100), 0.2);
}

TEST(Schedule, EveryNamedKindExistsAndNoOther) {
  for (const auto& kind : schedule_names())
    EXPECT_GT(learning_rate({.kind = kind, .lr = 1, .steps = 10}, 5), 0) << kind;
  EXPECT_THROW(learning_rate({.kind = "triangle", .lr = 1, .steps = 10}, 5), std::invalid_argument);
}

}  // namespace
}  // namespace heed
