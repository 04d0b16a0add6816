// Each command computes the same on a GPU and on the CPU.

#include <gmock/gmock.h>
#include <torch/cuda.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "src/files/npz.h"
#include "tests/src/commands/trained_runs.h"

namespace heed {
namespace {

using nlohmann::json;
using ::testing::FloatNear;
using ::testing::Pointwise;

class Cuda : public TrainedRuns<Cuda> {
 protected:
  static void SetUpTestSuite() { set_up(two_layer_grammar); }

  void SetUp() override {
    if (!torch::cuda::is_available()) GTEST_SKIP() << "LibTorch sees no GPU here";
  }

  static double loss(const std::string& run) {
    return json::parse(read_file(path(run) + "/summary.json"))["val_loss"].get<double>();
  }

  static std::string ran(const std::vector<std::string>& arguments) {
    const auto result = heed(arguments);
    EXPECT_EQ(result.status, 0) << result.err;
    return result.out;
  }

  /// Trains on either device; returns the two losses.
  static void train_both(const std::string& name, const std::vector<std::string>& settings) {
    for (const std::string device : {"cpu", "cuda"}) {
      std::vector<std::string> arguments = {
          "train", path("tiny.toml"), "--run", path(name + device), "--device", device};
      for (const auto& setting : settings) arguments.insert(arguments.end(), {"--set", setting});
      ran(arguments);
    }
  }
};

TEST_F(Cuda, TrainingEndsWithTheSameLoss) {
  for (const std::string kind : {"transformer", "tanh", "gru", "lstm"}) {
    train_both(kind, {"model.kind=" + kind});
    EXPECT_NEAR(loss(kind + "cuda"), loss(kind + "cpu"), 2e-3) << kind;
  }
  train_both("muon", {"train.optimizer=muon", "model.position=rotary", "model.token_shift=true"});
  EXPECT_NEAR(loss("muoncuda"), loss("muoncpu"), 2e-2);  // its products are of bfloat16
}

TEST_F(Cuda, EvaluationGenerationAndRecordingAgree) {
  train_both("one", {});
  const auto evaluated = [](const std::string& device) {
    return json::parse(
               ran({"evaluate", path("onecpu"), "--json", "--device", device}))["nats_per_token"]
        .get<double>();
  };
  EXPECT_NEAR(evaluated("cuda"), evaluated("cpu"), 1e-4);
  const auto text = [](const std::string& device) {
    return ran({"generate", path("onecpu"), "--prompt", "the cats", "--tokens", "12",
                "--temperature", "0", "--device", device});
  };
  EXPECT_EQ(text("cuda"), text("cpu"));
  for (const std::string device : {"cpu", "cuda"})
    ran({"attend", path("onecpu"), "--text", "the cats sleep", "--out", path("maps" + device),
         "--device", device});
  const auto maps = [](const std::string& device) {
    return read_npz_entry(path("maps" + device) + "/attention.npz", "attn").values<float>();
  };
  EXPECT_THAT(maps("cuda"), Pointwise(FloatNear(1e-3F), maps("cpu")));
}

}  // namespace
}  // namespace heed
