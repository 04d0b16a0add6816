#pragma once

#include <gtest/gtest.h>

#include <vector>

#include "train/tasks/task.h"

namespace heed {

/// The words of the copy tasks that are not symbols.
constexpr int64_t blank_word = 0, cue_word = 1;

/// The links of a batch, which must be of one kind; each must lead to one token, the answer.
inline std::vector<GoldLink> links_to_answers(const Task& task, const Batch& batch) {
  const auto kinds = task.gold_links(batch);
  EXPECT_EQ(kinds.size(), 1U);
  for (const auto& link : kinds.at(0).links) {
    EXPECT_EQ(link.keys.size(), 1U);
    EXPECT_EQ(batch.input.values[link.row][link.keys.at(0)].item<int64_t>(),
              batch.targets[link.row][link.query].item<int64_t>());
  }
  return kinds.at(0).links;
}

}  // namespace heed
