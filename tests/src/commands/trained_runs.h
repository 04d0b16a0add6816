#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/src/commands/program.h"

namespace heed {

inline const std::string two_layer_grammar = R"([task]
kind = "grammar"
evaluation_rows = 16
[model]
kind = "transformer"
layers = 2
heads = 2
d_model = 16
[train]
steps = 20
batch = 4
context = 16
lr = 1e-2
eval_every = 20
threads = 1
)";

/// A suite whose tests share tiny runs, trained once through the program. Each suite needs its own
/// tag, which owns the runs.
template <class Tag>
class TrainedRuns : public ::testing::Test {
 protected:
  /// Call it first in SetUpTestSuite().
  static void set_up(const std::string& config) {
    folder_ = std::make_unique<TemporaryFolder>();
    folder_->write("tiny.toml", config);
  }
  static void TearDownTestSuite() { folder_.reset(); }

  /// Trains the config with some settings "key=value" into a run.
  static void train(const std::string& run, const std::vector<std::string>& settings = {}) {
    std::vector<std::string> arguments = {"train", path("tiny.toml"), "--run", path(run)};
    for (const auto& setting : settings) arguments.insert(arguments.end(), {"--set", setting});
    const auto result = heed(arguments);
    ASSERT_EQ(result.status, 0) << result.err;
  }

  static std::string path(const std::string& name) { return (*folder_ / name).string(); }

  static inline std::unique_ptr<TemporaryFolder> folder_;
};

}  // namespace heed
