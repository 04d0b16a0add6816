// `heed evaluate` on other data than in training: another split, a task with other settings.

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/src/commands/program.h"

namespace heed {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class EvaluateCommand : public ::testing::Test {
 protected:
  EvaluateCommand() {
    folder_.write("c.toml",
                  "[task]\nkind = \"parity\"\nlength = 8\nevaluation_rows = 64\n"
                  "[model]\nkind = \"tanh\"\nd_model = 8\n[train]\nsteps = 3\nthreads = 1\n");
    const auto trained = heed({"train", (folder_ / "c.toml").string(), "--run", run()});
    EXPECT_EQ(trained.status, 0) << trained.err;
  }

  std::string run() const { return (folder_ / "run").string(); }

  Result evaluate(std::vector<std::string> more) const {
    more.insert(more.begin(), {"evaluate", run()});
    return heed(more);
  }

  TemporaryFolder folder_;
};

TEST_F(EvaluateCommand, SettingsOfTheTaskCanDifferFromTraining) {
  const auto result = evaluate({"--set", "task.length=40", "--json"});
  ASSERT_EQ(result.status, 0) << result.err;
  const auto accuracy = json::parse(result.out)["accuracy"];
  EXPECT_TRUE(accuracy["by_length"].contains("31-40")) << accuracy;
  EXPECT_FALSE(json::parse(evaluate({"--json"}).out)["accuracy"]["by_length"].contains("31-40"));
}

TEST_F(EvaluateCommand, TheTestSplitHasOtherRowsThanTheValidationSplit) {
  const auto validation = json::parse(evaluate({"--json"}).out);
  const auto test = json::parse(evaluate({"--split", "test", "--json"}).out);
  EXPECT_NE(validation["nats_per_token"], test["nats_per_token"]);
  EXPECT_EQ(json::parse(evaluate({"--split", "validation", "--json"}).out), validation);
}

TEST_F(EvaluateCommand, OtherSettingsAndAnotherTaskAreRefused) {
  const auto refused = [this](const std::string& setting, const std::string& reason) {
    const auto result = evaluate({"--set", setting});
    EXPECT_EQ(result.status, 2) << setting;
    EXPECT_THAT(result.err, HasSubstr(reason)) << setting;
  };
  refused("model.d_model=4", "a setting of the run's own task");
  refused("task.kind=cycle", "a setting of the run's own task");
  refused("task.lenght=4", "did you mean task.length?");
  refused("task.every=true", "the inputs and answers that the model was trained for");
}

TEST_F(EvaluateCommand, ASplitWithoutDataIsRefused) {
  folder_.write("text.txt", std::string(400, 'a') + "b");
  folder_.write("text.toml",
                "[task]\nkind = \"text\"\npath = \"" + (folder_ / "text.txt").string() +
                    "\"\n[model]\nkind = \"tanh\"\nd_model = 4\n[train]\nsteps = 1\ncontext = 8\n");
  ASSERT_EQ(
      heed({"train", (folder_ / "text.toml").string(), "--run", (folder_ / "t").string()}).status,
      0);
  const auto result = heed({"evaluate", (folder_ / "t").string(), "--split", "test"});
  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.err, HasSubstr("--split test: expected data in that split"));
}

}  // namespace
}  // namespace heed
