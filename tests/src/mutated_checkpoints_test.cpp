// Checkpoints from strangers.

#include <torch/nn/modules/linear.h>

#include "tests/src/mutated_files.h"
#include "tests/train/temporary_folder.h"
#include "train/checkpoint.h"
#include "train/file.h"

namespace heed {
namespace {

/// A checkpoint of a tiny training, one of whose files is then mutated.
class MutatedCheckpoints : public ::testing::Test {
 protected:
  MutatedCheckpoints() : layer_(3, 2), flat_(*layer_) {
    optimizer_ = OptimizerRegistry::instance().make("adamw");
    optimizer_->attach(flat_, {});
    save_checkpoint(folder_ / "last", *layer_, optimizer_.get(), {.step = 7, .tokens = 70});
  }

  void expect_survival_of(const std::string& name, uint64_t stream) {
    const auto path = folder_ / "last" / name;
    expect_survival_at(path, read_file(path), stream,
                       [this] { load_checkpoint(folder_ / "last", *layer_, *optimizer_); });
  }

  TemporaryFolder folder_;
  torch::nn::Linear layer_;
  FlatParameters flat_;
  std::unique_ptr<Optimizer> optimizer_;
};

TEST_F(MutatedCheckpoints, AreReadOrRefusedForTheirState) { expect_survival_of("state.json", 7); }

TEST_F(MutatedCheckpoints, AreReadOrRefusedForTheirModel) {
  expect_survival_of("model.safetensors", 8);
}

TEST_F(MutatedCheckpoints, AreReadOrRefusedForTheirOptimizer) {
  expect_survival_of("optimizer.safetensors", 9);
}

}  // namespace
}  // namespace heed
