#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/train/tasks/formal_rows.h"

namespace heed {
namespace {

TEST(ParityTask, TheAnswerIsWhetherTheNumberOfBIsOdd) {
  const auto task = formal_task("parity", 1, 40);
  const auto batch = task->batch(Split::train, 0, 500);
  for (int64_t b = 0; b < 500; ++b) {
    const auto words = row_words(*task, batch, b);
    ASSERT_EQ(batch.targets[b].item<int64_t>(), std::count(words.begin(), words.end(), "b") % 2);
  }
}

TEST(ParityTask, BothWordsAndBothAnswersAreEquallyFrequent) {
  const auto batch = formal_task("parity", 10, 10)->batch(Split::train, 0, 2000);
  EXPECT_NEAR(batch.input.values.to(at::kDouble).mean().item<double>(), 0.5, 0.02);
  EXPECT_NEAR(batch.targets.to(at::kDouble).mean().item<double>(), 0.5, 0.06);
}

TEST(ParityTask, TheClassesAloneAllowNothingBetterThanAGuess) {
  const auto task = formal_task("parity", 1, 40);
  EXPECT_EQ(task->baselines().size(), 2u);
  EXPECT_NEAR(baseline(*task, "loss"), std::log(2), 1e-12);
  EXPECT_NEAR(baseline(*task, "accuracy"), 0.5, 1e-12);
}

TEST(ParityTask, TheExampleHasItsAnswerBelowTheLastWord) {
  const auto example = TaskRegistry::instance().make("parity")->example();
  const auto line_end = example.find('\n');
  const auto reads = example.substr(0, line_end);
  const bool odd = std::count(reads.begin() + 7, reads.end(), 'b') % 2;
  EXPECT_EQ(example.substr(line_end + 1 + reads.size() - 1), odd ? "odd\n" : "even\n");
}

}  // namespace
}  // namespace heed
