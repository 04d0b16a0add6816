#include "models/fused/row_blocks.h"

#include <ATen/Parallel.h>

#include <gtest/gtest.h>

#include <atomic>
#include <vector>

namespace heed {
namespace {

class RowBlocksTest : public testing::TestWithParam<int> {
 protected:
  void SetUp() override { at::set_num_threads(GetParam()); }
  void TearDown() override { at::set_num_threads(1); }
};
INSTANTIATE_TEST_SUITE_P(Threads, RowBlocksTest, testing::Values(1, 2, 3));

TEST_P(RowBlocksTest, EveryRowIsInOneBlockAndEveryBlockRunsOnce) {
  for (const int64_t rows : {0, 1, 5, 6, 7, 65, 66, 67, 384, 1000})
    for (const int64_t multiplications : {int64_t{0}, int64_t{100}, int64_t{100'000'000}}) {
      const RowBlocks blocks(rows, multiplications);
      std::vector<std::atomic<int>> seen(static_cast<size_t>(rows)),
          calls(static_cast<size_t>(blocks.count()));
      blocks.each([&](int64_t block, int64_t first, int64_t count) {
        EXPECT_GT(count, 0);
        ++calls[static_cast<size_t>(block)];
        for (int64_t i = first; i < first + count; ++i) ++seen[static_cast<size_t>(i)];
      });
      for (const auto& row : seen) ASSERT_EQ(row, 1) << rows << " rows, " << multiplications;
      for (const auto& block : calls) ASSERT_EQ(block, 1) << rows << " rows, " << multiplications;
    }
}

TEST_P(RowBlocksTest, ExpensiveRowsAreSharedAndCheapOnesAreNot) {
  EXPECT_GE(RowBlocks(384, 1'000'000).count(), GetParam());
  EXPECT_EQ(RowBlocks(24, 10).count(), 1);
}

}  // namespace
}  // namespace heed
