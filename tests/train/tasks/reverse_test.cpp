#include <gmock/gmock.h>

#include <algorithm>

#include "tests/train/tasks/pair_rows.h"

namespace heed {
namespace {

TEST(ReverseTask, TheTargetIsTheSourceBackwards) {
  const auto rows = pair_rows(prepared_task("reverse")->batch(Split::train, 0, 500));
  for (const auto& row : rows) {
    auto backwards = row.target;
    std::reverse(backwards.begin(), backwards.end());
    ASSERT_EQ(backwards, row.source);
  }
}

TEST(ReverseTask, TheAlignmentRunsFromTheLastPositionToTheFirst) {
  const auto task = prepared_task("reverse", {{"min_length", 4}, {"max_length", 4}});
  for (const auto& row : pair_rows(task->batch(Split::test, 0, 5)))
    EXPECT_EQ(row.alignment, (std::vector<int64_t>{3, 2, 1, 0}));
}

TEST(ReverseTask, OptionsReachTheTask) {
  const auto task = prepared_task(
      "reverse", {{"symbols", 3}, {"min_length", 2}, {"max_length", 9}, {"evaluation_rows", 7}});
  EXPECT_EQ(task->source_tokenizer()->size(), 3);
  EXPECT_EQ(task->shape().max_length, 10);
  EXPECT_EQ(task->evaluation_rows(Split::test), 7);
}

TEST(ReverseTask, ThePromptIsASourceThatTheTaskCanRead) {
  const auto task = prepared_task("reverse");
  EXPECT_EQ(task->source_tokenizer()->encode(task->default_prompt(), "the prompt"),
            pair_rows(task->batch(Split::test, 0, 1)).front().source);
}

}  // namespace
}  // namespace heed
