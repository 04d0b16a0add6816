#include <gmock/gmock.h>

#include <algorithm>

#include "tests/train/tasks/pair_rows.h"

namespace heed {
namespace {

TEST(SortTask, TheTargetIsTheSourceInAlphabeticalOrder) {
  for (const auto& row : pair_rows(prepared_task("sort")->batch(Split::train, 0, 500))) {
    auto sorted = row.source;
    std::sort(sorted.begin(), sorted.end());
    ASSERT_EQ(row.target, sorted);
  }
}

TEST(SortTask, EachTargetPointsToItsOwnSourcePosition) {
  for (const auto& row : pair_rows(prepared_task("sort")->batch(Split::train, 0, 500))) {
    for (size_t t = 0; t < row.target.size(); ++t)
      ASSERT_EQ(row.source.at(static_cast<size_t>(row.alignment[t])), row.target[t]);
    auto positions = row.alignment;
    std::sort(positions.begin(), positions.end());
    for (size_t s = 0; s < row.source.size(); ++s) ASSERT_EQ(positions[s], static_cast<int64_t>(s));
  }
}

TEST(SortTask, EqualSymbolsKeepTheirOrder) {
  const auto task = prepared_task("sort", {{"symbols", 2}, {"min_length", 12}, {"max_length", 12}});
  for (const auto& row : pair_rows(task->batch(Split::train, 0, 50)))
    for (size_t t = 1; t < row.target.size(); ++t)
      if (row.target[t] == row.target[t - 1]) {
        ASSERT_LT(row.alignment[t - 1], row.alignment[t]);
      }
}

}  // namespace
}  // namespace heed
