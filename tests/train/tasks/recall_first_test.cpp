#include <gtest/gtest.h>

#include <cmath>

#include "tests/train/tasks/signal_rows.h"

namespace heed {
namespace {

TEST(RecallFirstTask, TheClassIsTheSignOfTheFirstStep) {
  const auto batch =
      signal_task("recall-first", {{"length", int64_t{5}}})->batch(Split::train, 0, 200);
  const auto first = channel(batch, 0).select(1, 0);
  EXPECT_TRUE(first.abs().eq(1).all().item<bool>());
  EXPECT_TRUE(first.gt(0).equal(batch.targets.eq(1)));
  EXPECT_TRUE(first.lt(0).equal(batch.targets.eq(0)));
}

TEST(RecallFirstTask, BothSignsAreEquallyFrequent) {
  const auto batch =
      signal_task("recall-first", {{"length", int64_t{2}}})->batch(Split::train, 0, many_rows);
  EXPECT_NEAR(mean_value(batch.targets), 0.5, 4 * standard_error(batch.targets));
}

TEST(RecallFirstTask, LaterStepsAreNormalNoiseOfTheGivenSpread) {
  const auto task = signal_task("recall-first", {{"length", int64_t{21}}, {"noise", 0.5}});
  const auto noise = channel(task->batch(Split::train, 0, many_rows), 0).slice(1, 1);
  EXPECT_NEAR(mean_value(noise), 0, 4 * standard_error(noise));
  const auto squares = noise.square();
  EXPECT_NEAR(mean_value(squares), 0.25, 4 * standard_error(squares));
  for (const double deviations : {0.5, 1.0, 2.0, 3.0}) {
    const auto within = noise.abs().lt(0.5 * deviations);
    EXPECT_NEAR(mean_value(within), std::erf(deviations / std::sqrt(2.0)),
                4 * standard_error(within));
  }
}

TEST(RecallFirstTask, NoiseIsIndependentOfOtherStepsAndOfTheClass) {
  const auto task = signal_task("recall-first", {{"length", int64_t{4}}, {"noise", 1.0}});
  const auto batch = task->batch(Split::train, 0, many_rows);
  const auto values = channel(batch, 0);
  for (int64_t a = 0; a < 4; ++a)
    for (int64_t b = 0; b < a; ++b) {
      const auto products = values.select(1, a) * values.select(1, b);
      EXPECT_NEAR(mean_value(products), 0, 4 * standard_error(products)) << a << ", " << b;
    }
}

TEST(RecallFirstTask, WithoutNoiseLaterStepsAreZero) {
  const auto batch = signal_task("recall-first", {{"noise", 0.0}})->batch(Split::test, 0, 3);
  EXPECT_EQ(channel(batch, 0).size(1), 100);
  EXPECT_TRUE(channel(batch, 0).slice(1, 1).eq(0).all().item<bool>());
}

TEST(RecallFirstTask, TheBaselinesAreThoseOfAModelThatKnowsNothing) {
  const auto task = signal_task("recall-first", {{"length", int64_t{2}}});
  const auto batch = task->batch(Split::validation, 0, many_rows);
  const auto baselines = task->baselines();
  EXPECT_NEAR(task->loss(at::zeros({many_rows, 2}), batch).item<double>(),
              *find_baseline(baselines, "loss")->value, 1e-6);
  const auto always_plus = at::tensor({0.0, 1.0}).expand({many_rows, 2});
  EXPECT_NEAR(measured(*task, always_plus, batch), *find_baseline(baselines, "accuracy")->value,
              4 * standard_error(batch.targets));
}

TEST(RecallFirstTask, TheAccuracyCountsLikeliestClasses) {
  const auto task = signal_task("recall-first", {{"length", int64_t{2}}});
  const auto batch = task->batch(Split::validation, 0, 8);
  auto answers = at::one_hot(batch.targets, 2).to(at::kFloat);
  EXPECT_EQ(measured(*task, answers, batch), 1);
  answers[3] = 1 - answers[3];
  EXPECT_EQ(measured(*task, answers, batch), 7.0 / 8);
}

}  // namespace
}  // namespace heed
