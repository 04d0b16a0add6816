#include <gmock/gmock.h>

#include "tests/train/tasks/pair_rows.h"

namespace heed {
namespace {

TEST(RepeatTask, TheTargetIsTheSource) {
  for (const auto& row : pair_rows(prepared_task("repeat")->batch(Split::train, 0, 500)))
    ASSERT_EQ(row.target, row.source);
}

TEST(RepeatTask, EachWordIsAlignedWithItsOwnPlace) {
  const auto task = prepared_task("repeat", {{"min_length", 4}, {"max_length", 4}});
  for (const auto& row : pair_rows(task->batch(Split::test, 0, 5)))
    EXPECT_EQ(row.alignment, (std::vector<int64_t>{0, 1, 2, 3}));
}

}  // namespace
}  // namespace heed
