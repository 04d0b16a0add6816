#include "train/checkpoint.h"

#include <gmock/gmock.h>
#include <torch/nn/modules/linear.h>

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "tests/train/files/temporary_folder.h"
#include "train/files/file.h"
#include "train/files/safetensors.h"

namespace heed {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

struct Training {
  torch::nn::Linear layer;
  FlatParameters flat;
  std::unique_ptr<Optimizer> optimizer;

  explicit Training(int64_t width = 3) : layer(width, 2), flat(*layer) {
    optimizer = OptimizerRegistry::instance().make("adamw");
    optimizer->attach(flat, {});
  }

  void step() {
    flat.zero_gradients();
    layer->forward(at::ones({1, layer->weight.size(1)})).square().sum().backward();
    optimizer->step(0.1);
  }
};

TEST(Checkpoint, RestoresWeightsOptimizerGeneratorAndProgress) {
  const TemporaryFolder folder;
  at::manual_seed(1);
  Training setup;
  setup.step();
  const TrainingState state{.step = 7,
                            .tokens = 70,
                            .best_val_loss = 1.0 / 3,
                            .val_loss = 0.1 + 0.2,
                            .evaluated_step = 5,
                            .evaluations_since_best = 2,
                            .train_loss_sum = 1e-17,
                            .train_loss_count = 3,
                            .train_seconds = 1.5,
                            .wall_seconds = 2.5};
  save_checkpoint(folder / "last", *setup.layer, setup.optimizer.get(), state);
  const auto drawn = at::rand({4});
  setup.step();

  Training other;
  const auto restored = load_checkpoint(folder / "last", *other.layer, *other.optimizer);
  EXPECT_TRUE(at::rand({4}).equal(drawn));
  other.step();
  EXPECT_TRUE(other.flat.values().equal(setup.flat.values()));
  EXPECT_EQ(to_json(restored), to_json(state));
  EXPECT_EQ(restored.val_loss, state.val_loss);
}

TEST(Checkpoint, AStateWithoutAnEvaluationIsRestored) {
  const TemporaryFolder folder;
  Training setup;
  save_checkpoint(folder / "last", *setup.layer, setup.optimizer.get(), {});
  const auto restored = load_checkpoint(folder / "last", *setup.layer, *setup.optimizer);
  EXPECT_TRUE(std::isinf(restored.best_val_loss));
  EXPECT_TRUE(std::isnan(restored.val_loss));
}

TEST(Checkpoint, WhereverASaveIsInterruptedOneCheckpointCanBeRead) {
  namespace fs = std::filesystem;
  const TemporaryFolder folder;
  Training setup;
  save_checkpoint(folder / "last", *setup.layer, setup.optimizer.get(), {.step = 1});
  // Killed while the new one is written beside: it holds half a file and no state.json.
  make_folder(folder / "last.new");
  write_file(folder / "last.new" / "model.safetensors", "half");
  EXPECT_EQ(load_checkpoint(folder / "last", *setup.layer, *setup.optimizer).step, 1);
  // Killed between the two renames.
  fs::rename(folder / "last", folder / "last.old");
  ASSERT_TRUE(checkpoint_exists(folder / "last"));
  EXPECT_EQ(load_checkpoint(folder / "last", *setup.layer, *setup.optimizer).step, 1);
  // The next save cleans up.
  save_checkpoint(folder / "last", *setup.layer, setup.optimizer.get(), {.step = 2});
  EXPECT_EQ(load_checkpoint(folder / "last", *setup.layer, *setup.optimizer).step, 2);
  EXPECT_FALSE(fs::exists(folder / "last.new"));
  EXPECT_FALSE(fs::exists(folder / "last.old"));
}

TEST(Checkpoint, WeightsThatDoNotFitAreNamed) {
  const TemporaryFolder folder;
  Training three(3), four(4);
  save_checkpoint(folder / "last", *three.layer, three.optimizer.get(), {});
  EXPECT_THAT([&] { load_model(folder / "last", *four.layer); },
              ThrowsMessage<std::runtime_error>(
                  HasSubstr("\"weight\": expected the shape [2, 4], got [2, 3]")));
  torch::nn::Linear no_bias(torch::nn::LinearOptions(3, 2).bias(false));
  EXPECT_THAT([&] { load_model(folder / "last", *no_bias); },
              ThrowsMessage<std::runtime_error>(HasSubstr("expected 1 tensors, got 2")));
  EXPECT_THAT([&] { load_model(folder / "none", *three.layer); },
              ThrowsMessage<std::runtime_error>(HasSubstr("there is no checkpoint in")));
}

TEST(Checkpoint, ASaveDoesNotBringBackARunDirectoryThatWasRemoved) {
  const TemporaryFolder folder;
  Training setup;
  EXPECT_THAT(
      [&] { save_checkpoint(folder / "run" / "last", *setup.layer, nullptr, {}); },
      ThrowsMessage<std::runtime_error>(HasSubstr("run/last.new: No such file or directory")));
  EXPECT_FALSE(std::filesystem::exists(folder / "run"));
}

TEST(Checkpoint, AnInvalidCountIsNamed) {
  const TemporaryFolder folder;
  Training setup;
  save_checkpoint(folder / "last", *setup.layer, setup.optimizer.get(), {});
  const auto path = folder / "last" / "state.json";
  const auto sound = nlohmann::json::parse(read_file(path));
  for (const auto& [name, wrong] : std::map<std::string, nlohmann::json>{
           {"step", -1}, {"tokens", 1.5}, {"evaluated_step", -2}, {"train_loss_count", "3"}}) {
    auto damaged = sound;
    damaged[name] = wrong;
    write_file(path, damaged.dump());
    EXPECT_THAT([&] { load_model(folder / "last", *setup.layer); },
                ThrowsMessage<std::runtime_error>(HasSubstr("damaged: " + name)));
  }
}

TEST(Checkpoint, AnInvalidGeneratorStateIsReported) {
  const TemporaryFolder folder;
  Training setup;
  save_checkpoint(folder / "last", *setup.layer, setup.optimizer.get(), {});
  const auto path = folder / "last" / "optimizer.safetensors";
  auto tensors = read_safetensors(path).tensors;
  tensors.at("generator").fill_(255);
  write_safetensors(path, {tensors.begin(), tensors.end()});
  EXPECT_THAT([&] { load_checkpoint(folder / "last", *setup.layer, *setup.optimizer); },
              ThrowsMessage<std::runtime_error>(HasSubstr("\"generator\" is no state")));
}

TEST(Checkpoint, ADamagedStateIsReported) {
  const TemporaryFolder folder;
  Training setup;
  save_checkpoint(folder / "last", *setup.layer, setup.optimizer.get(), {});
  write_file(folder / "last" / "state.json", "{\"step\": 3");
  EXPECT_THAT([&] { load_checkpoint(folder / "last", *setup.layer, *setup.optimizer); },
              ThrowsMessage<std::runtime_error>(HasSubstr("is damaged")));
}

}  // namespace
}  // namespace heed
