// The commands as a user types them, on tiny models.

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "models/fused/compute.h"
#include "src/console/console_table.h"
#include "src/figures/gnuplot.h"
#include "src/files/npz.h"
#include "tests/src/commands/program.h"
#include "tests/train/metrics_without_seconds.h"

namespace heed {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;

const std::string commands_config = R"([task]
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

class Commands : public ::testing::Test {
 protected:
  Commands() { folder_.write("tiny.toml", commands_config); }

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

TEST_F(Commands, TrainLeavesARunDirectoryThatHoldsEverything) {
  train_well("run");
  for (const std::string name :
       {"commands_config.toml", "vocabulary.json", "metrics.csv", "summary.json", "log.txt",
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

TEST_F(Commands, ARunsOwnConfigRepeatsIt) {
  train_well("run");
  const auto again = heed({"train", path("run/commands_config.toml"), "--run", path("again")});
  ASSERT_EQ(again.status, 0) << again.err;
  EXPECT_EQ(metrics("run"), metrics("again"));
}

TEST_F(Commands, AutomaticPrecisionIsSettledByTheCpuAndWrittenDown) {
  const bool products = bfloat16_products_available();
  train_well("auto", {"--set", "train.precision=auto"});
  EXPECT_THAT(read_file(folder_ / "auto" / "commands_config.toml"),
              HasSubstr(products ? "precision = 'bf16'" : "precision = 'float32'"));
  train_well("auto", {"--set", "train.precision=auto", "--resume"});
  train_well("reference", {"--set", "train.precision=auto", "--set", "train.kernels=reference"});
  EXPECT_THAT(read_file(folder_ / "reference" / "commands_config.toml"), HasSubstr("precision = 'float32'"));
  const auto asked = train("bf16", {"--set", "train.precision=bf16"});
  EXPECT_EQ(asked.status, products ? 0 : 2) << asked.err;
  if (!products) {
    EXPECT_THAT(asked.err, HasSubstr("this CPU has no avx512_bf16"));
  }
}

TEST_F(Commands, ARunThatIsThereIsNeitherOverwrittenNorMixed) {
  train_well("run");
  const auto refused = train("run");
  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.err,
              AllOf(HasSubstr("already holds a run"), HasSubstr("--resume"), HasSubstr("--force")));
  const auto mixed = train("run", {"--resume", "--set", "train.lr=1e-3"});
  EXPECT_EQ(mixed.status, 2);
  EXPECT_THAT(mixed.err, HasSubstr("lr = 0.01"));
  train_well("run", {"--force"});
}

TEST_F(Commands, AfterAKillAndResumeTheLossesAreBitIdentical) {
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

TEST_F(Commands, ResumingARunThatIsDoneLeavesItAsItIs) {
  train_well("run");
  const auto summary = read_file(folder_ / "run" / "summary.json");
  const auto again = train("run", {"--resume"});
  EXPECT_EQ(again.status, 0);
  EXPECT_THAT(again.err, HasSubstr("was done already"));
  EXPECT_EQ(read_file(folder_ / "run" / "summary.json"), summary);
}

TEST_F(Commands, AnInterruptedRunSavesLeavesWith130AndGoesOn) {
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

TEST_F(Commands, TheLogLevelIsRaisedByTheEnvironment) {
  ::setenv("HEED_LOG", "debug", 1);
  const auto loud = train("loud");
  ::unsetenv("HEED_LOG");
  const auto plain = train("plain");
  EXPECT_THAT(loud.err, HasSubstr("tiny 7/30: loss "));
  EXPECT_THAT(plain.err, ::testing::Not(HasSubstr(": loss ")));
}

TEST_F(Commands, ADivergedRunSaysAtWhichStepAndFails) {
  const auto result = train("run", {"--set", "train.lr=1e30", "--set", "train.clip=0"});
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.err, HasSubstr("not finite"));
}

TEST_F(Commands, ConfigurationErrorsEndWithTwoAndOneLine) {
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

TEST_F(Commands, EvaluateGivesNumbersForPeopleAndForScripts) {
  train_well("run");
  const auto plain = heed({"evaluate", path("run")});
  ASSERT_EQ(plain.status, 0) << plain.err;
  EXPECT_THAT(plain.out, AllOf(HasSubstr("nats per token"), HasSubstr("agreement")));
  const auto numbers = json::parse(heed({"evaluate", path("run"), "--json"}).out);
  EXPECT_EQ(numbers["tokens"], 16 * 16);
  for (const std::string key : {"nats_per_token", "bits_per_character", "perplexity", "bound"})
    EXPECT_TRUE(numbers[key].is_number()) << key;
  EXPECT_TRUE(numbers["agreement"]["by_distance"].is_object());
  folder_.write("text.txt", "the cat sleeps .\nthe dogs run .\n");
  const auto text = heed({"evaluate", path("run"), "--text", path("text.txt"), "--json"});
  ASSERT_EQ(text.status, 0) << text.err;
  EXPECT_EQ(json::parse(text.out)["tokens"], 7);
  EXPECT_EQ(json::parse(text.out)["agreement"]["asked"], 2);
}

TEST_F(Commands, GenerateContinuesAPromptAsTheSeedDecides) {
  train_well("run");
  const auto generate = [this](const std::string& seed) {
    return heed(
        {"generate", path("run"), "--prompt", "the cats", "--tokens", "12", "--seed", seed});
  };
  const auto one = generate("1");
  ASSERT_EQ(one.status, 0) << one.err;
  EXPECT_THAT(one.out, ::testing::StartsWith("the cats "));
  EXPECT_EQ(std::count(one.out.begin(), one.out.end(), ' '), 13);
  EXPECT_EQ(generate("1").out, one.out);
  EXPECT_NE(generate("2").out, one.out);
  EXPECT_THAT(heed({"generate", path("run"), "--prompt", "the elephant"}).err,
              HasSubstr("\"elephant\""));
}

TEST_F(Commands, AttendWritesWeightsTokensAndAFigureALayer) {
  train_well("run");
  const auto result =
      heed({"attend", path("run"), "--text", "the cat sleeps .", "--out", path("maps")});
  ASSERT_EQ(result.status, 0) << result.err;
  const auto weights = read_npz_entry(folder_ / "maps" / "attention.npz", "attn");
  EXPECT_EQ(weights.shape, (std::vector<int64_t>{2, 1, 2, 4, 4}));
  const auto tokens = read_npz_entry(folder_ / "maps" / "attention.npz", "tokens");
  EXPECT_EQ(tokens.shape, (std::vector<int64_t>{4}));
  if (!Gnuplot::available()) GTEST_SKIP() << "figures not checked: " << missing_gnuplot_hint();
  for (const std::string name : {"layer0.png", "layer0.svg", "layer1.png", "layer1.svg"})
    EXPECT_GT(std::filesystem::file_size(folder_ / "maps" / name), 1000u) << name;
}

TEST_F(Commands, AttendReadsAFileLineByLine) {
  train_well("run");
  folder_.write("lines.txt", "the cat sleeps .\n\nthe dogs that the cat sees run .\n");
  const auto result =
      heed({"attend", path("run"), "--file", path("lines.txt"), "--out", path("maps")});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(read_npz_entry(folder_ / "maps/line0001/attention.npz", "attn").shape.back(), 4);
  EXPECT_EQ(read_npz_entry(folder_ / "maps/line0003/attention.npz", "attn").shape.back(), 8);
}

TEST_F(Commands, ARecurrentModelHasNoAttentionToRecord) {
  train_well("run", {"--set", "model.kind=lstm"});
  const auto result = heed({"attend", path("run"), "--text", "the cat sleeps ."});
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.err, HasSubstr("has no attention to record"));
}

TEST_F(Commands, ATextLongerThanLearnedPositionsIsRefused) {
  train_well("run");
  std::string words;
  for (int i = 0; i < 17; ++i) words += "the ";
  const auto result = heed({"attend", path("run"), "--text", words});
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.err, HasSubstr("16 positions"));
}

TEST_F(Commands, CompareTrainsConfigsTakesRunsAndWritesATable) {
  train_well("first");
  const auto result = heed({"compare", path("first"), path("tiny.toml"), "--out", path("out"),
                            "--set", "model.kind=lstm", "--set", "name=second"});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.out,
              AllOf(HasSubstr("tiny"), HasSubstr("second"), HasSubstr("agreement by distance")));
  const auto csv = read_file(folder_ / "out" / "compare.csv");
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 3);
  EXPECT_THAT(csv, HasSubstr("agreement_attractors_0"));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "out" / "second" / "summary.json"));
  std::istringstream lines(result.out);
  for (std::string line; std::getline(lines, line);)
    if (line.find('/') == std::string::npos) {  // paths are as long as they are
      EXPECT_LE(display_width(line), 80) << line;
    }
}

TEST_F(Commands, CompareTrainsSideBySideWithTheSameResult) {
  folder_.write("other.toml", commands_config + "\n");
  const auto compare = [this](const std::string& out, const std::string& jobs) {
    return heed(
        {"compare", path("tiny.toml"), path("other.toml"), "--out", path(out), "--jobs", jobs});
  };
  ASSERT_EQ(compare("alone", "1").status, 0);
  ASSERT_EQ(compare("together", "2").status, 0);
  for (const std::string name : {"tiny", "other"})
    EXPECT_EQ(metrics("alone/" + name), metrics("together/" + name));
  EXPECT_EQ(compare("together", "2").status, 2) << "runs that are there are not replaced unasked";
}

TEST_F(Commands, CompareRefusesTwoConfigsOfOneName) {
  const auto result = heed({"compare", path("tiny.toml"), path("tiny.toml"), "--out", path("out")});
  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.err, HasSubstr("give them different names"));
}

TEST_F(Commands, InfoSpeaksOfTheProgramATaskAConfigAndARun) {
  EXPECT_THAT(heed({"info"}).out,
              AllOf(HasSubstr("grammar"), HasSubstr("transformer"), HasSubstr("sinusoidal")));
  EXPECT_TRUE(json::parse(heed({"info", "--json"}).out)["models"].contains("lstm"));
  EXPECT_THAT(heed({"info", "task", "grammar"}).out, HasSubstr("evaluation_rows"));
  EXPECT_EQ(heed({"info", "task", "gramar"}).status, 2);
  EXPECT_THAT(heed({"info", path("tiny.toml")}).out, HasSubstr("parameters"));
  train_well("run");
  EXPECT_EQ(json::parse(heed({"info", path("run"), "--json"}).out)["steps"], 30);
}

TEST_F(Commands, AFolderThatIsNoRunIsSaidToBeNone) {
  for (const std::string command : {"evaluate", "generate"}) {
    const auto result = heed({command, folder_.path().string()});
    EXPECT_EQ(result.status, 1);
    EXPECT_THAT(result.err, HasSubstr("expected a run directory"));
  }
}

TEST_F(Commands, TwoTrainingsInOneDirectoryAreRefused) {
  Program first({"train", path("tiny.toml"), "--run", path("run"), "--set", "train.steps=100000"});
  while (first.running() && !std::filesystem::exists(folder_ / "run" / "commands_config.toml"))
    ::usleep(200);
  const auto second = train("run", {"--force"});
  EXPECT_EQ(second.status, 1);
  EXPECT_THAT(second.err, HasSubstr("another process is training"));
}

}  // namespace
}  // namespace heed
