#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/src/commands/program.h"
#include "tests/train/metrics_without_seconds.h"

namespace heed {

inline const std::string tiny_grammar = R"([task]
kind = "grammar"
evaluation_rows = 16
[model]
kind = "transformer"
layers = 2
heads = 2
d_model = 16
dropout = 0.1
[train]
steps = 30
batch = 4
context = 16
lr = 1e-2
eval_every = 10
checkpoint_every = 5
threads = 1
)";

/// Trains a tiny transformer on the built-in language, through the program.
class TinyRun : public ::testing::Test {
 protected:
  TinyRun() { folder_.write("tiny.toml", tiny_grammar); }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  Result train(const std::string& run, std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments = {"train", path("tiny.toml"), "--run", path(run)};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return heed(arguments);
  }

  void train_well(const std::string& run, std::vector<std::string> more = {}) const {
    const auto result = train(run, std::move(more));
    ASSERT_EQ(result.status, 0) << result.err;
  }

  std::string metrics(const std::string& run) const {
    return metrics_without_seconds(RunDirectory(folder_ / run));
  }

  TemporaryFolder folder_;
};

}  // namespace heed
