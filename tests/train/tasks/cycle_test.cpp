#include <gtest/gtest.h>

#include <cmath>

#include "tests/train/tasks/formal_rows.h"

namespace heed {
namespace {

// Where the moves lead, on the ring of 5 unrolled.
int64_t place_after(const std::vector<std::string>& moves) {
  int64_t place = 500;
  for (const auto& move : moves) place += std::stoi(move);
  return place % 5;
}

TEST(CycleTask, TheAnswerIsThePlaceAtTheEnd) {
  const auto task = formal_task("cycle", 1, 40);
  const auto batch = task->batch(Split::train, 0, 500);
  for (int64_t b = 0; b < 500; ++b)
    ASSERT_EQ(batch.targets[b].item<int64_t>(), place_after(row_words(*task, batch, b)));
}

TEST(CycleTask, WithEveryItIsThePlaceAfterEachMove) {
  const auto task = formal_task("cycle", 1, 12, true);
  const auto batch = task->batch(Split::train, 0, 100);
  for (int64_t b = 0; b < 100; ++b) {
    const auto moves = row_words(*task, batch, b);
    for (size_t t = 0; t < moves.size(); ++t)
      ASSERT_EQ(batch.targets[b][static_cast<int64_t>(t)].item<int64_t>(),
                place_after({moves.begin(), moves.begin() + static_cast<int64_t>(t) + 1}));
  }
}

TEST(CycleTask, TheFrequencyOfTheStartingPlaceIsExact) {
  double home = 0;
  for (int64_t length = 1; length <= 6; ++length) {
    const auto rows = all_strings(length, {"0", "+1", "-1"}, {"0", "+1", "-1"});
    int64_t back = 0;
    for (const auto& row : rows) back += place_after(row) == 0;
    home += static_cast<double>(back) / static_cast<double>(rows.size()) / 6;
  }
  const auto task = formal_task("cycle", 1, 6);
  EXPECT_NEAR(baseline(*task, "accuracy", "always answers 0"), home, 1e-12);
  EXPECT_NEAR(baseline(*task, "accuracy"), 0.2, 1e-12);
  EXPECT_NEAR(baseline(*task, "loss"), std::log(5), 1e-12);
}

}  // namespace
}  // namespace heed
