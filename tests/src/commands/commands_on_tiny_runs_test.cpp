// What the other commands do with tiny runs that heed train made.

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "src/console/console_table.h"
#include "src/figures/gnuplot.h"
#include "src/files/npz.h"
#include "tests/src/commands/tiny_run.h"

namespace heed {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;

class CommandsOnTinyRuns : public TinyRun {};

TEST_F(CommandsOnTinyRuns, EvaluatePrintsTextOrJson) {
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

TEST_F(CommandsOnTinyRuns, GenerateContinuesAPromptReproducibly) {
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

TEST_F(CommandsOnTinyRuns, AttendWritesWeightsTokensAndOneFigurePerLayer) {
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

TEST_F(CommandsOnTinyRuns, AttendReadsAFileLineByLine) {
  train_well("run");
  folder_.write("lines.txt", "the cat sleeps .\n\nthe dogs that the cat sees run .\n");
  const auto result =
      heed({"attend", path("run"), "--file", path("lines.txt"), "--out", path("maps")});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(read_npz_entry(folder_ / "maps/line0001/attention.npz", "attn").shape.back(), 4);
  EXPECT_EQ(read_npz_entry(folder_ / "maps/line0003/attention.npz", "attn").shape.back(), 8);
}

TEST_F(CommandsOnTinyRuns, AttendRefusesARecurrentModel) {
  train_well("run", {"--set", "model.kind=lstm"});
  const auto result = heed({"attend", path("run"), "--text", "the cat sleeps ."});
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.err, HasSubstr("has no attention to record"));
}

TEST_F(CommandsOnTinyRuns, AttendRefusesATextLongerThanLearnedPositions) {
  train_well("run");
  std::string words;
  for (int i = 0; i < 17; ++i) words += "the ";
  const auto result = heed({"attend", path("run"), "--text", words});
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.err, HasSubstr("16 positions"));
}

TEST_F(CommandsOnTinyRuns, CompareTrainsConfigsReadsRunsAndWritesATable) {
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

TEST_F(CommandsOnTinyRuns, CompareGivesTheSameResultsWithTwoJobs) {
  folder_.write("other.toml", tiny_grammar + "\n");
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

TEST_F(CommandsOnTinyRuns, CompareRefusesTwoConfigsOfOneName) {
  const auto result = heed({"compare", path("tiny.toml"), path("tiny.toml"), "--out", path("out")});
  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.err, HasSubstr("give them different names"));
}

TEST_F(CommandsOnTinyRuns, InfoDescribesTheProgramATaskAConfigAndARun) {
  EXPECT_THAT(heed({"info"}).out,
              AllOf(HasSubstr("grammar"), HasSubstr("transformer"), HasSubstr("sinusoidal")));
  EXPECT_TRUE(json::parse(heed({"info", "--json"}).out)["models"].contains("lstm"));
  EXPECT_THAT(heed({"info", "task", "grammar"}).out, HasSubstr("evaluation_rows"));
  EXPECT_EQ(heed({"info", "task", "gramar"}).status, 2);
  EXPECT_THAT(heed({"info", path("tiny.toml")}).out, HasSubstr("parameters"));
  train_well("run");
  EXPECT_EQ(json::parse(heed({"info", path("run"), "--json"}).out)["steps"], 30);
}

TEST_F(CommandsOnTinyRuns, AFolderWithoutARunIsAnError) {
  for (const std::string command : {"evaluate", "generate"}) {
    const auto result = heed({command, folder_.path().string()});
    EXPECT_EQ(result.status, 1);
    EXPECT_THAT(result.err, HasSubstr("expected a run directory"));
  }
}

}  // namespace
}  // namespace heed
