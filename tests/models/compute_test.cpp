#include "models/compute.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <vector>

namespace heed {
namespace {

class ParallelFor : public testing::Test {
 protected:
  void TearDown() override { at::set_num_threads(before_); }

 private:
  int before_ = at::get_num_threads();
};

TEST_F(ParallelFor, VisitsEachIndexOnce) {
  for (const int threads : {1, 2, 3})
    for (const int64_t count : {0, 1, 2, 7, 64, 1000})
      for (const int64_t grain : {1, 3, 100})
        for (const int64_t pieces : {1, 4}) {
          at::set_num_threads(threads);
          std::vector<std::atomic<int>> visits(static_cast<size_t>(count));
          parallel_for(
              count, grain,
              [&](int64_t begin, int64_t end) {
                for (int64_t i = begin; i < end; ++i) ++visits[static_cast<size_t>(i)];
              },
              pieces);
          for (const auto& one : visits)
            ASSERT_EQ(one, 1) << threads << " threads, " << count << " by " << grain;
        }
}

TEST_F(ParallelFor, ChunksAreAtLeastTheGrainExceptTheLast) {
  at::set_num_threads(2);
  std::mutex mutex;
  std::vector<std::pair<int64_t, int64_t>> pieces;
  parallel_for(1000, 90, [&](int64_t begin, int64_t end) {
    const std::lock_guard lock(mutex);
    pieces.emplace_back(begin, end);
  });
  EXPECT_GT(pieces.size(), 2u);
  for (const auto& [begin, end] : pieces) {
    EXPECT_TRUE(end - begin >= 90 || end == 1000) << begin << " " << end;
  }
}

TEST_F(ParallelFor, NestedCallsRunOnTheCallersThread) {
  at::set_num_threads(2);
  std::atomic<int64_t> sum = 0;
  parallel_for(8, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      parallel_for(10, 1, [&](int64_t from, int64_t to) { sum += to - from; });
  });
  EXPECT_EQ(sum, 80);
}

}  // namespace
}  // namespace heed
