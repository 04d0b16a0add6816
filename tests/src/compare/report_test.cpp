// What a comparison says: conclusion, tables, CSV and page, of results made by hand.

#include "src/compare/report.h"

#include <gmock/gmock.h>

#include <cmath>

#include "src/compare/conclusion.h"
#include "src/compare/csv.h"
#include "src/compare/tables.h"
#include "src/console/console_table.h"
#include "src/figures/gnuplot.h"
#include "tests/train/files/temporary_folder.h"
#include "train/files/file.h"

namespace heed {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

GridAxis axis(const std::string& name, const std::vector<std::string>& labels) {
  GridAxis made{.name = name, .choices = {}};
  for (const auto& label : labels) made.choices.push_back({.label = label, .settings = {}});
  return made;
}

// Accuracies by length 1-10, 11-20 and 21-30, of which training showed the first.
RunResult run(const std::string& model, const std::string& seed, bool attends, double near,
              double far) {
  RunResult made;
  made.name = model + ",seed=" + seed;
  made.grid_point = {{"model", model}, {"seed", seed}};
  made.model_kind = attends ? "transformer" : "gru";
  made.attends = attends;
  made.main_measure = "accuracy";
  made.parameters = 1234;
  made.steps = 50;
  made.train_seconds = 2;
  made.baselines = {{.measure = "accuracy", .formula = "1 / 2", .value = 0.5},
                    {.measure = "loss", .formula = "ln 2", .value = 0.693}};
  made.curve = {{.step = 25, .loss = 0.6, .measure = 0.6},
                {.step = 50, .loss = 0.1, .measure = near}};
  const auto count = [](Evaluation& e, const std::string& bucket, double accuracy) {
    const auto right = std::llround(1000 * accuracy);
    e.scores.count("accuracy", "", "", right, 1000);
    e.scores.count("accuracy", "length", bucket, right, 1000);
  };
  made.validation.rows = made.test.rows = 10;
  made.validation.loss = made.test.loss = 1 - near;
  count(made.validation, "1-10", near);
  count(made.test, "1-10", near);
  made.extrapolation.emplace().rows = 10;
  count(*made.extrapolation, "1-10", near);
  count(*made.extrapolation, "11-20", far);
  count(*made.extrapolation, "21-30", far);
  made.at_start = {.distances = {0, 1, 2},
                   .input = {1, 0.1, 0.01},
                   .input_scale = 1,
                   .state = {},
                   .state_scale = 0};
  made.after = made.at_start;
  return made;
}

Comparison comparison() {
  auto made = compare_results(
      "parity <b>", "Who counts?", {axis("model", {"rnn", "attention"}), axis("seed", {"1", "2"})},
      {},
      {run("rnn", "1", false, 1.0, 1.0), run("rnn", "2", false, 0.995, 0.99),
       run("attention", "1", true, 1.0, 0.5), run("attention", "2", true, 0.999, 0.52)});
  made.extrapolation =
      ExtrapolationTest{.settings = {"task.length=30"}, .by = "length", .trained_to = 10};
  return made;
}

TEST(Conclusion, SaysWhoIsAheadWithinAndBeyondWhatWasTrained) {
  const auto sentences = conclude(comparison());
  ASSERT_EQ(sentences.size(), 3u);
  EXPECT_THAT(sentences[0], HasSubstr("level"));
  EXPECT_THAT(sentences[1], AllOf(HasSubstr("beyond length 10"),
                                  HasSubstr("recurrence (rnn, 99.5 %) is ahead of attention")));
  EXPECT_THAT(sentences[2], HasSubstr("Here recurrence wins"));
}

TEST(Conclusion, NamesBothWhereEachIsAheadSomewhere) {
  auto both = comparison();
  both.outcomes[0].runs[0] = run("rnn", "1", false, 0.6, 1.0);
  both.outcomes[0].runs[1] = run("rnn", "2", false, 0.6, 1.0);
  both.summaries[0] = summarise(both.outcomes[0], both.metric);
  EXPECT_THAT(conclude(both).back(), HasSubstr("Neither family wins everywhere: attention is "
                                               "ahead in 1 of these, recurrence in 1"));
}

TEST(Conclusion, OfOneSeedSaysThatTheDifferenceMayBeNoise) {
  const auto one =
      compare_results("x", "", {axis("model", {"rnn", "attention"})}, {},
                      {run("rnn", "1", false, 1, 1), run("attention", "1", true, 0.9, 1)});
  EXPECT_THAT(conclude(one), ::testing::Contains(HasSubstr("noise")));
  EXPECT_THAT(conclude(comparison()), Not(::testing::Contains(HasSubstr("noise"))));
}

TEST(Conclusion, OfOneFamilyAloneThereIsNone) {
  auto alone = compare_results("one", "", {axis("model", {"rnn"}), axis("seed", {"1"})}, {},
                               {run("rnn", "1", false, 1, 1)});
  EXPECT_TRUE(conclude(alone).empty());
}

TEST(ComparisonText, FitsATerminalAndTellsSolvedBeyondAndByLength) {
  const auto text = to_text(comparison());
  EXPECT_THAT(text, AllOf(HasSubstr("2/2"), HasSubstr("beyond"), HasSubstr("accuracy by length"),
                          HasSubstr("21-30"), HasSubstr("51.0 %")));
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(display_width(line), 80) << line;
}

TEST(ComparisonText, ARunThatFailedIsNamedWithItsReason) {
  auto results = std::vector{run("rnn", "1", false, 1, 1), run("attention", "1", true, 1, 1)};
  results[1].failure = "the disk is full";
  const auto made = compare_results(
      "x", "", {axis("model", {"rnn", "attention"}), axis("seed", {"1"})}, {}, results);
  EXPECT_THAT(to_text(made), HasSubstr("attention,seed=1 failed: the disk is full"));
}

TEST(Comparison, OfFailuresAloneIsRefusedWithTheFirstReason) {
  auto failed = run("rnn", "1", false, 1, 1);
  failed.failure = "no memory";
  EXPECT_THAT(([&] { compare_results("x", "", {axis("model", {"rnn"})}, {}, {failed}); }),
              ::testing::ThrowsMessage<std::runtime_error>(HasSubstr("no memory")));
}

TEST(Csv, HasARowARunWithScoresOfEachSplitAndBucket) {
  const auto csv = to_csv(comparison());
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 5);
  EXPECT_THAT(csv,
              AllOf(HasSubstr("test_accuracy"), HasSubstr("extrapolation_accuracy_length_21-30"),
                    HasSubstr("steps_to_solve"), HasSubstr("\"rnn,seed=2\"")));
}

TEST(Page, HoldsWhatWasAskedAndFoundAndNoMarkupFromOutside) {
  const auto page = make_page(comparison(), {});
  EXPECT_THAT(page, AllOf(HasSubstr("parity &lt;b&gt;"), HasSubstr("Who counts?"),
                          HasSubstr("Who is ahead"), HasSubstr("ln 2"), HasSubstr("99.5 %")));
  EXPECT_THAT(page, AllOf(Not(HasSubstr("parity <b>")), Not(HasSubstr("http://")),
                          Not(HasSubstr("https://"))));
}

TEST(Report, DrawsEachFigureOnceInBothFormatsAndEmbedsIt) {
  if (!Gnuplot::available()) GTEST_SKIP() << "no gnuplot";
  const TemporaryFolder folder;
  const auto written = write_report(comparison(), folder.path());
  EXPECT_EQ(written.back(), folder / "report.html");
  const auto page = read_file(folder / "report.html");
  for (const std::string name :
       {"learning_curves", "learning_measure", "by_bucket_length", "runs", "gradient_flow"}) {
    EXPECT_TRUE(std::filesystem::exists(folder / "figures" / (name + ".png"))) << name;
    EXPECT_THAT(page, HasSubstr("id=\"" + name + "\""));
  }
  EXPECT_THAT(read_file(folder / "figures" / "by_bucket_length.svg"),
              HasSubstr("trained up to here"));
  // The namespaces of SVG are names, no addresses that anybody asks.
  size_t requests = 0;
  for (const std::string word : {"src=", "@import", "url(http", "<link", "<script"})
    requests += page.find(word) != std::string::npos;
  EXPECT_EQ(requests, 0u);
}

// The loss of a sample can be below the entropy of the language, but not below that of the exact
// predictor on the same rows, but for chance.
TEST(Report, DrawsLearningCurvesAboveTheExactPredictorWhereThereIsOne) {
  if (!Gnuplot::available()) GTEST_SKIP() << "no gnuplot";
  const TemporaryFolder folder;
  auto made = comparison();
  for (auto& outcome : made.outcomes)
    for (auto& one : outcome.runs) {
      one.bound = 0.09;
      one.validation.exact_loss = 0.05;
    }
  write_report(made, folder.path());
  const auto svg = read_file(folder / "figures" / "learning_curves.svg");
  EXPECT_THAT(svg, AllOf(HasSubstr("nats above the exact predictor"), Not(HasSubstr("entropy"))));
}

TEST(BucketMiddle, IsWhereABucketIsDrawn) {
  EXPECT_EQ(bucket_middle("11-20"), 15.5);
  EXPECT_EQ(bucket_middle("7"), 7);
  EXPECT_EQ(bucket_middle("11+"), 11);
}

}  // namespace
}  // namespace heed
