#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "train/tasks/task.h"

namespace heed {

/// The words that row `b` of a batch reads, without its padding.
inline std::vector<std::string> row_words(const Task& task, const Batch& batch, int64_t b) {
  const auto& input = batch.input;
  const auto length =
      input.lengths.defined() ? input.lengths[b].item<int64_t>() : input.values.size(1);
  const auto* tokens = input.values[b].const_data_ptr<int64_t>();
  std::vector<std::string> words;
  for (int64_t t = 0; t < length; ++t) words.push_back(task.tokenizer()->token(tokens[t]));
  return words;
}

/// The value of a baseline; where there are several of a measure, the one `who` this is.
inline double baseline(const Task& task, const std::string& measure,
                       const std::string& who = "knows nothing") {
  for (const auto& one : task.baselines())
    if (one.measure == measure && one.who == who) return one.value.value();
  ADD_FAILURE() << "no baseline of " << measure << " that " << who;
  return 0;
}

}  // namespace heed
