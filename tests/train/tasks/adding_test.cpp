#include <gtest/gtest.h>

#include <cmath>

#include "tests/train/tasks/signal_rows.h"

namespace heed {
namespace {

TEST(AddingTask, TheAnswerIsTheSumOfTheNumberMarkedInEachHalf) {
  for (const int64_t length : {2, 3, 10, 101}) {
    const auto task = signal_task("adding", {{"length", length}});
    const auto batch = task->batch(Split::train, 0, 100);
    ASSERT_EQ(batch.targets.sizes(), (at::IntArrayRef{100, 1}));
    for (int64_t row = 0; row < 100; ++row) {
      const auto one = batch.input.values[row];
      const auto values = one.accessor<float, 2>();
      double sum = 0, first_half = 0, second_half = 0;
      for (int64_t t = 0; t < length; ++t) {
        const double u = values[t][0], marker = values[t][1];
        ASSERT_TRUE(u >= 0 && u < 1);
        ASSERT_TRUE(marker == 0 || marker == 1);
        (t < length / 2 ? first_half : second_half) += marker;
        sum += u * marker;
      }
      ASSERT_EQ(first_half, 1) << length;
      ASSERT_EQ(second_half, 1) << length;
      ASSERT_NEAR(batch.targets[row][0].item<double>(), sum, 1e-6);
    }
  }
}

TEST(AddingTask, NumbersAndMarkerPositionsAreUniform) {
  const auto batch =
      signal_task("adding", {{"length", int64_t{6}}})->batch(Split::train, 0, many_rows);
  const auto numbers = channel(batch, 0), squares = numbers.square();
  EXPECT_NEAR(mean_value(numbers), 1.0 / 2, 4 * standard_error(numbers));
  EXPECT_NEAR(mean_value(squares), 1.0 / 3, 4 * standard_error(squares));
  const auto markers = channel(batch, 1);
  for (int64_t t = 0; t < 6; ++t) {
    const auto here = markers.select(1, t);
    EXPECT_NEAR(mean_value(here), 1.0 / 3, 4 * standard_error(here)) << t;
  }
}

TEST(AddingTask, TheLossIsTheSquaredError) {
  const auto task = signal_task("adding", {{"length", int64_t{4}}});
  const auto batch = task->batch(Split::validation, 0, 3);
  const auto off = at::tensor({0.5, -0.25, 0.0}, at::kFloat).unsqueeze(1);
  const auto losses = task->losses(batch.targets + off, batch);
  EXPECT_TRUE(at::allclose(losses, at::tensor({0.25, 0.0625, 0.0}, at::kFloat), 0, 1e-6));
  EXPECT_NEAR(task->loss(batch.targets + off, batch).item<double>(), 0.3125 / 3, 1e-6);
  EXPECT_EQ(task->loss_unit(), LossUnit::squared_error);
}

TEST(AddingTask, AnAnswerIsRightWithinFourHundredthsOnEitherSide) {
  const auto task = signal_task("adding", {{"length", int64_t{4}}});
  const auto batch = task->batch(Split::validation, 0, 4);
  EXPECT_EQ(task->main_measure(), "within 0.04");
  const auto off = at::tensor({0.039, -0.039, 0.041, -0.041}, at::kFloat).unsqueeze(1);
  EXPECT_EQ(measured(*task, batch.targets + off, batch), 0.5);
  EXPECT_EQ(measured(*task, batch.targets, batch), 1);
}

TEST(AddingTask, TheBaselinesAreThoseOfAlwaysAnsweringOne) {
  const auto task = signal_task("adding", {{"length", int64_t{2}}});
  const auto batch = task->batch(Split::validation, 0, many_rows);
  const auto ones = at::ones({many_rows, 1});
  const auto losses = task->losses(ones, batch);
  const auto baselines = task->baselines();
  EXPECT_NEAR(*find_baseline(baselines, "loss")->value, mean_value(losses),
              4 * standard_error(losses));
  const auto near = losses.lt(0.04 * 0.04);
  EXPECT_NEAR(*find_baseline(baselines, "within 0.04")->value, mean_value(near),
              4 * standard_error(near));
  EXPECT_EQ(measured(*task, ones, batch), mean_value(near));
}

TEST(AddingTask, NoOtherConstantAnswerHasALowerLoss) {
  const auto task = signal_task("adding", {{"length", int64_t{2}}});
  const auto batch = task->batch(Split::validation, 0, many_rows);
  const auto loss_of = [&](double answer) {
    return task->loss(at::full({many_rows, 1}, answer), batch).item<double>();
  };
  EXPECT_LT(loss_of(1), loss_of(0.95));
  EXPECT_LT(loss_of(1), loss_of(1.05));
}

}  // namespace
}  // namespace heed
