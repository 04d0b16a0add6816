// heed analyze as a user runs it.

#include <gmock/gmock.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "src/commands/command.h"
#include "src/console/console_table.h"
#include "src/figures/gnuplot.h"
#include "src/files/csv_file.h"
#include "tests/src/commands/trained_runs.h"

namespace heed {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;

const std::string config = R"(name = "small"
[task]
kind = "induction"
vocabulary = 8
length = 12
min_period = 3
max_period = 5
evaluation_rows = 24
[model]
kind = "transformer"
layers = 2
heads = 2
d_model = 8
[train]
steps = 8
batch = 4
eval_every = 4
threads = 1
[analysis]
every = 4
sentences = 8
)";

/// A run that was measured during training, and runs of other kinds.
class AnalyzeCommand : public TrainedRuns<AnalyzeCommand> {
 protected:
  static void SetUpTestSuite() {
    set_up(config);
    train("watched", {});
    train("adding", {"task.kind=adding", "task.length=8", "analysis.every=0"});
    train("classes", {"task.kind=listops", "analysis.every=0", "task.length=40"});
    train("pairs", {"task.kind=reverse", "model.kind=encoder_decoder", "task.max_length=6",
                    "task.min_length=2", "train.steps=2"});
    train("recurrent", {"task.kind=reverse", "model.kind=gru_encoder_decoder", "model.context=dot",
                        "task.max_length=6", "task.min_length=2", "train.steps=2"});
    train("lstm", {"model.kind=lstm", "analysis.every=0"});
  }
  static json analysis_of(const std::string& run) {
    const auto result = heed({"analyze", path(run), "--sentences", "16", "--json"});
    EXPECT_EQ(result.status, 0) << result.err;
    return json::parse(result.out);
  }
};

TEST_F(AnalyzeCommand, PrintsTablesOf80ColumnsAndWritesFiles) {
  const auto result = heed({"analyze", path("watched"), "--sentences", "16"});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.out,
              AllOf(HasSubstr("What each head does"), HasSubstr("Where each head looks"),
                    HasSubstr("successor: from a token read again"), HasSubstr("what this says"),
                    HasSubstr("16 sentences")));
  std::istringstream lines(result.out);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("/")) continue;  // a path is as long as it is
    EXPECT_LE(display_width(line), 80) << line;
  }
  const auto folder = *folder_ / "watched/analysis";
  EXPECT_EQ(read_csv(folder / "heads.csv").rows.size(), 4U);
  EXPECT_EQ(json::parse(read_file(folder / "analysis.json"))["heads"].size(), 4U);
  EXPECT_TRUE(fs::exists(folder / "attention.html"));
  if (!Gnuplot::available()) return;
  for (const auto* name : {"heads", "importance", "links_successor", "similarity_self", "rollout"})
    for (const auto* ending : {".png", ".svg"})
      EXPECT_TRUE(fs::exists(folder / "figures" / (name + std::string(ending)))) << name;
}

TEST_F(AnalyzeCommand, PrintsJsonThatAgreesWithTheFilesAndIsRepeatable) {
  const auto analysis = analysis_of("watched");
  EXPECT_EQ(analysis["step"], 8);
  EXPECT_EQ(analysis["sentences"], 16);
  EXPECT_EQ(analysis, json::parse(read_file(*folder_ / "watched/analysis/analysis.json")));
  EXPECT_EQ(analysis, analysis_of("watched"));
  for (const auto& head : analysis["heads"]) {
    const auto& numbers = head["numbers"];
    EXPECT_GT(numbers["previous"].get<double>(), 0);
    EXPECT_NE(numbers["previous"], numbers["previous_untrained"]);
    EXPECT_GE(numbers["gradient"].get<double>(), 0);
  }
}

TEST_F(AnalyzeCommand, TrainingWritesTheMeasuresOfEachHeadOverSteps) {
  const auto file = read_csv(*folder_ / "watched/analysis/training/heads_by_step.csv");
  ASSERT_EQ(file.rows.size(), 12U);
  EXPECT_EQ(file.cell(file.rows[0], "step"), "0");
  EXPECT_EQ(file.cell(file.rows[11], "step"), "8");
  // The last measurement of the training equals the analysis of the same sentences.
  const auto result = heed({"analyze", path("watched"), "--sentences", "8", "--json"});
  const auto heads = json::parse(result.out)["heads"];
  ASSERT_EQ(json::parse(result.out)["step"], 8);
  EXPECT_NEAR(parse_number(file.cell(file.rows[8], "previous")),
              heads[0]["numbers"]["previous"].get<double>(), 1e-5);
}

TEST_F(AnalyzeCommand, AnalyzesNumbersClassesAndModelsWithASource) {
  EXPECT_EQ(analysis_of("adding")["heads"].size(), 4U);
  const auto classes = analysis_of("classes");
  EXPECT_EQ(classes["heads"].size(), 4U);
  EXPECT_TRUE(classes["links"].empty());
  const auto pairs = analysis_of("pairs");
  EXPECT_EQ(pairs["heads"].size(), 12U);  // encoder, decoder, cross
  EXPECT_EQ(pairs["links"][0]["name"], "alignment");
  EXPECT_TRUE(pairs["heads"][8]["numbers"].contains("hit_alignment"));
  EXPECT_TRUE(pairs["heads"][8]["numbers"]["previous"].is_null());
  EXPECT_TRUE(pairs["heads"][8]["numbers"]["offset"].is_null());
  EXPECT_TRUE(pairs["heads"][8]["numbers"]["offset_mass"].is_null());
  EXPECT_FALSE(pairs["heads"][0]["numbers"]["offset"].is_null());
  EXPECT_EQ(analysis_of("recurrent")["heads"].size(), 1U);
}

TEST_F(AnalyzeCommand, TrainsAConfigOnce) {
  const auto before = fs::current_path();
  fs::current_path(*folder_ / ".");
  const auto first = heed({"analyze", "tiny.toml", "--set", "name=fresh", "--sentences", "8"});
  const auto again = heed({"analyze", "tiny.toml", "--set", "name=fresh", "--sentences", "8"});
  fs::current_path(before);
  EXPECT_EQ(first.status, 0) << first.err;
  EXPECT_EQ(again.status, 0) << again.err;
  EXPECT_EQ(first.out, again.out);
  EXPECT_THAT(first.err, HasSubstr("fresh: done at step 8"));
  EXPECT_THAT(again.err, HasSubstr("fresh: already finished"));
  EXPECT_TRUE(fs::exists(*folder_ / "runs/fresh/analysis/heads.csv"));
}

TEST_F(AnalyzeCommand, WritesSeveralRunsIntoSeparateFolders) {
  const auto result = heed({"analyze", path("watched"), path("pairs"), "--sentences", "4", "--out",
                            path("both"), "--json"});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(json::parse(result.out).size(), 2U);
  EXPECT_TRUE(fs::exists(*folder_ / "both/watched/heads.csv"));
  EXPECT_TRUE(fs::exists(*folder_ / "both/pairs/heads.csv"));
}

TEST_F(AnalyzeCommand, ExplainsWhatItCannotAnalyze) {
  const auto lstm = heed({"analyze", path("lstm")});
  EXPECT_EQ(lstm.status, status_failed);
  EXPECT_THAT(lstm.err, AllOf(HasSubstr("lstm"), HasSubstr("no attention heads")));
  const auto nothing = heed({"analyze", path("nowhere")});
  EXPECT_EQ(nothing.status, status_failed);
  EXPECT_THAT(nothing.err, HasSubstr("expected a run directory"));
}

TEST_F(AnalyzeCommand, MeasuringDuringTrainingDoesNotChangeTheLosses) {
  train("unwatched", {"analysis.every=0"});
  const auto loss = [](const std::string& run) {
    return json::parse(read_file(*folder_ / run / "summary.json"))["val_loss"];
  };
  EXPECT_EQ(loss("watched"), loss("unwatched"));
  EXPECT_FALSE(fs::exists(*folder_ / "unwatched/analysis"));
}

}  // namespace
}  // namespace heed
