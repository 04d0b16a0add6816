// heed train as a user types it, on a tiny model.

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "models/dispatch.h"
#include "tests/src/commands/tiny_run.h"

namespace heed {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;

class TrainCommand : public TinyRun {};

TEST_F(TrainCommand, WritesEveryFileOfARunDirectory) {
  train_well("run");
  for (const std::string name :
       {"config.toml", "vocabulary.json", "metrics.csv", "summary.json", "log.txt",
        "last/model.safetensors", "last/optimizer.safetensors", "best/model.safetensors"})
    EXPECT_TRUE(std::filesystem::exists(folder_ / "run" / name)) << name;
  const auto summary = json::parse(read_file(folder_ / "run" / "summary.json"));
  for (const std::string key : {"model", "parameters", "steps", "tokens", "train_seconds",
                                "wall_seconds", "tokens_per_second", "val_loss", "best_val_loss",
                                "bound", "seed", "threads", "device", "version"})
    EXPECT_TRUE(summary.contains(key)) << key;
  EXPECT_EQ(summary["steps"], 30);
  EXPECT_EQ(summary["tokens"], 30 * 4 * 16);
  EXPECT_EQ(summary["model"], "transformer");
  EXPECT_GE(summary["wall_seconds"], summary["train_seconds"]);
}

TEST_F(TrainCommand, ARunsOwnConfigRepeatsTheRun) {
  train_well("run");
  const auto again = heed({"train", path("run/config.toml"), "--run", path("again")});
  ASSERT_EQ(again.status, 0) << again.err;
  EXPECT_EQ(metrics("run"), metrics("again"));
}

TEST_F(TrainCommand, AutomaticPrecisionIsResolvedAndStored) {
  const bool products = bfloat16_products_available();
  train_well("auto", {"--set", "train.precision=auto"});
  EXPECT_THAT(read_file(folder_ / "auto" / "config.toml"),
              HasSubstr(products ? "precision = 'bf16'" : "precision = 'float32'"));
  train_well("auto", {"--set", "train.precision=auto", "--resume"});
  train_well("reference", {"--set", "train.precision=auto", "--set", "train.kernels=reference"});
  EXPECT_THAT(read_file(folder_ / "reference" / "config.toml"), HasSubstr("precision = 'float32'"));
  const auto asked = train("bf16", {"--set", "train.precision=bf16"});
  EXPECT_EQ(asked.status, products ? 0 : 2) << asked.err;
  if (!products) {
    EXPECT_THAT(asked.err, HasSubstr("this CPU has no avx512_bf16"));
  }
}

TEST_F(TrainCommand, AnExistingRunIsNeverOverwritten) {
  train_well("run");
  const auto refused = train("run");
  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.err,
              AllOf(HasSubstr("already holds a run"), HasSubstr("--resume"), HasSubstr("--force")));
  train_well("run", {"--force"});
}

TEST_F(TrainCommand, AResumedRunHasBitIdenticalLossesAfterAKill) {
  train_well("whole");
  Program killed({"train", path("tiny.toml"), "--run", path("killed")});
  const auto checkpoint = folder_ / "killed" / "last" / "state.json";
  while (killed.running() && !std::filesystem::exists(checkpoint)) ::usleep(200);
  killed.send(SIGKILL);
  EXPECT_EQ(killed.status(), -SIGKILL) << "the run was over before it could be killed";
  train_well("killed", {"--resume"});
  EXPECT_EQ(metrics("killed"), metrics("whole"));
  EXPECT_EQ(read_file(folder_ / "killed/last/model.safetensors"),
            read_file(folder_ / "whole/last/model.safetensors"));
}

TEST_F(TrainCommand, ResumingAFinishedRunChangesNothing) {
  train_well("run");
  const auto summary = read_file(folder_ / "run" / "summary.json");
  const auto again = train("run", {"--resume"});
  EXPECT_EQ(again.status, 0);
  EXPECT_THAT(again.err, HasSubstr("already finished"));
  EXPECT_EQ(read_file(folder_ / "run" / "summary.json"), summary);
}

TEST_F(TrainCommand, AnInterruptedRunSavesExitsWith130AndContinues) {
  for (const int signal : {SIGINT, SIGTERM}) {
    const auto name = "run" + std::to_string(signal);
    Program program(
        {"train", path("tiny.toml"), "--run", path(name), "--set", "train.steps=100000"});
    while (program.running() && !std::filesystem::exists(folder_ / name / "last" / "state.json"))
      ::usleep(200);
    program.send(signal);
    EXPECT_EQ(program.status(), 130) << program.err();
    const auto step =
        json::parse(read_file(folder_ / name / "last" / "state.json"))["step"].get<int64_t>();
    EXPECT_GT(step, 0);
    train_well(name, {"--resume", "--set", "train.steps=" + std::to_string(step + 3)});
  }
}

TEST_F(TrainCommand, TheEnvironmentSetsTheLogLevel) {
  ::setenv("HEED_LOG", "debug", 1);
  const auto loud = train("loud");
  ::unsetenv("HEED_LOG");
  const auto plain = train("plain");
  EXPECT_THAT(loud.err, HasSubstr("tiny 7/30: loss "));
  EXPECT_THAT(plain.err, ::testing::Not(HasSubstr(": loss ")));
}

TEST_F(TrainCommand, ADivergedRunFails) {
  const auto result = train("run", {"--set", "train.lr=1e30", "--set", "train.clip=0"});
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.err, HasSubstr("not finite"));
}

TEST_F(TrainCommand, ConfigurationErrorsExitWith2AndPrintOneLine) {
  const auto result = train("run", {"--set", "model.heads=3"});
  EXPECT_EQ(result.status, 2);
  EXPECT_EQ(result.err, "heed: --set: model.heads: expected a divisor of d_model = 16, got 3\n");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "run"));
  EXPECT_EQ(heed({"train"}).status, 2);
  EXPECT_EQ(heed({}).status, 2);
  EXPECT_EQ(heed({"train", path("none.toml")}).status, 2);
  EXPECT_EQ(heed({"dance"}).status, 2);
  EXPECT_EQ(heed({"--help"}).status, 0);
}

TEST_F(TrainCommand, ASecondTrainingInOneDirectoryIsRefused) {
  Program first({"train", path("tiny.toml"), "--run", path("run"), "--set", "train.steps=100000"});
  while (first.running() && !std::filesystem::exists(folder_ / "run" / "config.toml"))
    ::usleep(200);
  const auto second = train("run", {"--force"});
  EXPECT_EQ(second.status, 1);
  EXPECT_THAT(second.err, HasSubstr("another process is training"));
}

TEST_F(TrainCommand, AResumedRunNamesTheSettingsThatDifferAndThoseThatMayChange) {
  train_well("run");
  const auto mixed =
      train("run", {"--resume", "--set", "train.lr=1e-3", "--set", "task.evaluation_rows=8"});
  EXPECT_EQ(mixed.status, 2);
  EXPECT_THAT(mixed.err, AllOf(HasSubstr("train.lr was 0.01 and is now 0.001"),
                               HasSubstr("task.evaluation_rows was 16 and is now 8"),
                               HasSubstr("Only name, train.steps,"), HasSubstr("--force")));
  const auto other = train("run", {"--resume", "--set", "model.kind=lstm"});
  EXPECT_EQ(other.status, 2);
  EXPECT_THAT(other.err, HasSubstr("model.kind was 'transformer' and is now 'lstm'"));
  train_well("run", {"--resume", "--set", "train.steps=31", "--set", "train.eval_every=31", "--set",
                     "analysis.every=31", "--set", "name=longer"});
}

// The text of config.toml may differ: an older heed wrote other digits, and lacked newer keys.
TEST_F(TrainCommand, AResumedRunComparesSettingsNotText) {
  train_well("run");
  auto config = read_file(folder_ / "run" / "config.toml");
  const auto replace = [&config](const std::string& from, const std::string& to) {
    ASSERT_NE(config.find(from), std::string::npos) << from;
    config.replace(config.find(from), from.size(), to);
  };
  replace("lr = 0.01\n", "lr = 0.010000000000000000\n");
  replace("beta1 = 0.9\n", "");
  write_file(folder_ / "run" / "config.toml", "# edited\n" + config);
  train_well("run", {"--resume", "--set", "train.steps=31"});
}

TEST_F(TrainCommand, ConfigTomlHasNumbersInTheirShortestForm) {
  train_well("run", {"--set", "train.lr=0.003", "--set", "train.epsilon=1e-8"});
  const auto config = read_file(folder_ / "run" / "config.toml");
  EXPECT_THAT(config, AllOf(HasSubstr("\nlr = 0.003\n"), HasSubstr("\nepsilon = 1e-08\n"),
                            HasSubstr("\nbeta2 = 0.999\n"), HasSubstr("\nmin_lr = 0.0\n")));
  // The JSON library writes the shortest form that reads back the same.
  const auto summary = read_file(folder_ / "run" / "summary.json");
  EXPECT_EQ(summary, nlohmann::ordered_json::parse(summary).dump(2) + "\n");
}

}  // namespace
}  // namespace heed
