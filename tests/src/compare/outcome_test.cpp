#include "src/compare/outcome.h"

#include <gmock/gmock.h>

#include <cmath>

namespace heed {
namespace {

using ::testing::ElementsAre;

const std::vector<GridAxis> axes = {
    {.name = "model",
     .choices = {{.label = "lstm", .settings = {}}, {.label = "gru", .settings = {}}}},
    {.name = "task.length",
     .choices = {{.label = "10", .settings = {}}, {.label = "20", .settings = {}}}},
    {.name = "train.lr",
     .choices = {{.label = "0.1", .settings = {}}, {.label = "0.2", .settings = {}}},
     .tuned = true},
    {.name = "seed", .choices = {{.label = "1", .settings = {}}, {.label = "2", .settings = {}}}}};

RunResult result(const std::string& model, const std::string& length, const std::string& lr,
                 const std::string& seed, double validation, double test_accuracy) {
  RunResult made;
  made.name = model + length + lr + seed;
  made.grid_point = {{"model", model}, {"task.length", length}, {"train.lr", lr}, {"seed", seed}};
  made.main_measure = "accuracy";
  made.validation.rows = made.test.rows = 100;
  made.validation.loss = validation;
  made.test.loss = 1 - test_accuracy;
  made.test.scores.count("accuracy", "", "",
                         static_cast<int64_t>(std::lround(1000 * test_accuracy)), 1000);
  return made;
}

RunResult failed(RunResult run) {
  run.failure = "ended with status 1";
  return run;
}

TEST(Outcomes, TheTunedSettingIsChosenOnValidationAndReportedOnTest) {
  const auto outcomes = collect_outcomes(
      axes,
      {result("lstm", "10", "0.1", "1", 0.3, 0.99), result("lstm", "10", "0.1", "2", 0.4, 0.98),
       result("lstm", "10", "0.2", "1", 0.1, 0.70), result("lstm", "10", "0.2", "2", 0.2, 0.80)});
  ASSERT_EQ(outcomes.size(), 1u);
  EXPECT_EQ(outcomes[0].chosen.front().second, "0.2") << "lower validation loss, though the other "
                                                         "is better on test";
  const auto summary = summarise(outcomes[0], {.measure = "accuracy"});
  EXPECT_THAT(summary.values, ElementsAre(0.70, 0.80));
}

TEST(Outcomes, EachModelAtEachPlaceChoosesForItself) {
  std::vector<RunResult> results;
  for (const std::string model : {"lstm", "gru"})
    for (const std::string length : {"10", "20"})
      for (const std::string lr : {"0.1", "0.2"}) {
        const bool first = (model == "lstm") == (length == "10");
        results.push_back(result(model, length, lr, "1", (lr == "0.1") == first ? 0.1 : 0.5, 0.5));
      }
  std::vector<std::string> chosen;
  for (const auto& outcome : collect_outcomes(axes, results)) {
    EXPECT_EQ(outcome.runs.size(), 1u);
    chosen.push_back(outcome.model + " " + outcome.cell_text() + " " +
                     outcome.chosen.front().second);
  }
  EXPECT_THAT(chosen, ElementsAre("lstm length 10 0.1", "lstm length 20 0.2", "gru length 10 0.2",
                                  "gru length 20 0.1"));
}

TEST(Outcomes, ASettingOfWhichAllRunsFailedIsNotChosen) {
  const auto outcomes = collect_outcomes(axes, {failed(result("lstm", "10", "0.1", "1", 0, 0)),
                                                result("lstm", "10", "0.2", "1", 5, 0.5)});
  EXPECT_EQ(outcomes[0].chosen.front().second, "0.2");
  EXPECT_EQ(outcomes[0].failed, 0);
}

TEST(Outcomes, ALossThatIsNoNumberIsNotChosen) {
  const auto outcomes = collect_outcomes(axes, {result("lstm", "10", "0.1", "1", std::nan(""), 0.9),
                                                result("lstm", "10", "0.2", "1", 5, 0.5)});
  EXPECT_EQ(outcomes[0].chosen.front().second, "0.2");
}

TEST(Outcomes, AFailedSeedCountsAsNotSolved) {
  const auto outcomes = collect_outcomes(axes, {result("lstm", "10", "0.1", "1", 0.1, 1.0),
                                                failed(result("lstm", "10", "0.1", "2", 0, 0))});
  const auto summary = summarise(outcomes[0], {.measure = "accuracy"});
  EXPECT_EQ(solved_text(summary), "1/2");
}

TEST(Outcomes, StepsToSolveAreThoseOfTheFirstEvaluationThatSolves) {
  auto run = result("lstm", "10", "0.1", "1", 0.1, 1.0);
  run.curve = {{.step = 100, .loss = 0.6, .measure = 0.5},
               {.step = 200, .loss = 0.1, .measure = 0.995},
               {.step = 300, .loss = 0.2, .measure = 0.9}};
  EXPECT_EQ(steps_to_solve(run, {.measure = "accuracy"}), 200);
  EXPECT_EQ(steps_to_solve(run, {.measure = "accuracy", .at_least = 0.999}), std::nullopt);
  EXPECT_EQ(steps_to_solve(run, {.measure = "loss", .at_most = 0.7}), 100);
}

TEST(Metric, OfASquaredErrorItTellsTheRoot) {
  Evaluation evaluation;
  evaluation.loss = 0.04;
  const Metric metric{.measure = "loss", .unit = LossUnit::squared_error, .at_most = 0.25};
  EXPECT_DOUBLE_EQ(metric.value(evaluation), 0.2);
  EXPECT_TRUE(metric.solved(0.2));
  EXPECT_EQ(metric.name(), "RMSE");
  EXPECT_TRUE(metric.better(0.1, 0.2));
}

TEST(Metric, TakesTheTasksMainMeasureUnlessThePlanNamesAnother) {
  const auto run = result("lstm", "10", "0.1", "1", 0.1, 1.0);
  EXPECT_EQ(choose_metric({}, run).measure, "accuracy");
  EXPECT_EQ(choose_metric({.measure = "loss", .at_most = 1}, run).measure, "loss");
  RunResult text;
  EXPECT_EQ(choose_metric({}, text).measure, "loss");
  EXPECT_FALSE(choose_metric({}, text).can_be_solved());
}

}  // namespace
}  // namespace heed
