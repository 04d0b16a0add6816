// Tasks with numbers as input, as a user runs them.

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "src/commands/command.h"
#include "tests/src/commands/trained_runs.h"

namespace heed {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string adding_config = R"([task]
kind = "adding"
length = 8
evaluation_rows = 16
[model]
kind = "transformer"
layers = 1
heads = 2
d_model = 8
[train]
steps = 6
batch = 4
eval_every = 3
threads = 1
)";

/// Shared by all tests: both kinds of model on the adding task in both precisions, and one on
/// images.
class NumberTasks : public TrainedRuns<NumberTasks> {
 protected:
  static void SetUpTestSuite() {
    set_up(adding_config);
    for (const std::string model : {"transformer", "lstm"}) {
      train(model, {"model.kind=" + model});
      train(model + "64", {"model.kind=" + model, "train.precision=float64"});
    }
    train("pixels", {"task.kind=pixels", "task.size=8", "task.shuffle=true", "model.kind=lstm"});
  }
  static json evaluation(const std::string& run) {
    return json::parse(read_file(*folder_ / run / "summary.json"))["evaluation"];
  }
};

TEST_F(NumberTasks, DoublePrecisionTrainsLikeSingle) {
  for (const std::string model : {"transformer", "lstm"}) {
    const double single = evaluation(model)["squared_error"];
    const double twice = evaluation(model + "64")["squared_error"];
    EXPECT_NEAR(twice, single, 1e-3 * single) << model;
    EXPECT_NE(twice, single) << model;
  }
}

TEST_F(NumberTasks, EvaluatePrintsTheSquaredErrorItsRootAndTheMeasure) {
  const auto values = evaluation("transformer");
  const double squared = values["squared_error"];
  EXPECT_NEAR(values["root_mean_square"].get<double>(), std::sqrt(squared), 1e-9);
  EXPECT_EQ(values["within 0.04"]["asked"], 16);
  EXPECT_FALSE(values.contains("perplexity"));
  EXPECT_THAT(heed({"evaluate", path("transformer64")}).out,
              AllOf(HasSubstr("16 numbers, squared error "), HasSubstr("within 0.04: "),
                    Not(HasSubstr("nats"))));
}

TEST_F(NumberTasks, ClassesAreEvaluatedInNatsAndByTheirAccuracy) {
  const auto values = evaluation("pixels");
  EXPECT_GT(values["nats_per_token"].get<double>(), 0);
  EXPECT_EQ(values["accuracy"]["asked"], 16);
}

TEST_F(NumberTasks, CommandsOnTextExplainThatTheyNeedText) {
  const std::vector<std::vector<std::string>> all = {
      {"attend", path("transformer"), "--text", "1 2"},
      {"attend", path("lstm"), "--text", "1 2"},
      {"generate", path("transformer")}};
  for (const auto& arguments : all) {
    const auto result = heed(arguments);
    EXPECT_EQ(result.status, 1) << arguments.front();
    EXPECT_THAT(result.err, AllOf(HasSubstr("text, got the task adding, whose input is numbers"),
                                  HasSubstr(arguments[1])));
  }
  const auto result = heed({"evaluate", path("lstm"), "--text", path("tiny.toml")});
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.err, HasSubstr("tiny.toml: expected a run on text"));
}

TEST_F(NumberTasks, InfoPrintsAnExampleRow) {
  for (const std::string task : {"adding", "recall-first", "pixels"}) {
    const auto result = heed({"info", "task", task});
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_THAT(result.out, HasSubstr("\nanswer"));
  }
}

TEST_F(NumberTasks, AMissingSecondFileIsAnErrorThatNamesTheKey) {
  const auto result = heed({"train", path("tiny.toml"), "--set", "task.kind=pixels", "--set",
                            "task.images=train-images", "--run", path("run")});
  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.err, HasSubstr("task.labels: expected a path"));
  EXPECT_FALSE(std::filesystem::exists(*folder_ / "run"));
}

}  // namespace
}  // namespace heed
