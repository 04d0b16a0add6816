#include "src/compare/plan.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>

#include "models/sequence_model.h"
#include "tests/train/files/temporary_folder.h"

namespace heed {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

const std::string base = R"(# What this shows.
#
# A second line.
name = "memory"
seeds = [1, 2]

[task]
kind = "copy"
gap = 5
symbols = 2

[train]
steps = 10
)";

class Plans : public ::testing::Test {
 protected:
  Plan read(const std::string& more, const std::vector<std::string>& overrides = {}) {
    folder_.write("memory.toml", base + more);
    return read_plan(folder_ / "memory.toml", overrides);
  }

  std::vector<std::string> names(const Plan& plan) {
    std::vector<std::string> result;
    for (const auto& run : plan.runs()) result.push_back(run.name);
    return result;
  }

  TemporaryFolder folder_;
};

const std::string two_models = R"(
[models.small]
model.kind = "lstm"
model.d_model = 4
[models.big]
model.kind = "gru"
model.d_model = 8
train.lr = 0.5
)";

TEST_F(Plans, EveryCombinationIsARunWithANameOfItsOwn) {
  const auto plan = read(two_models +
                         "[grid]\ntask.gap = [5, 7]\n[tune]\n\"train.lr\" = [0.001, "
                         "0.01]\n");
  const auto all = names(plan);
  EXPECT_EQ(all.size(), 16u);
  EXPECT_EQ(std::set<std::string>(all.begin(), all.end()).size(), 16u);
  EXPECT_THAT(all, ::testing::Contains("small,gap=7,lr=0.01,seed=2"));
  EXPECT_EQ(plan.comment, "What this shows.\n\nA second line.");
  EXPECT_EQ(plan.name, "memory");
  EXPECT_FALSE(plan.single);
}

TEST_F(Plans, ARunsSettingsReachItsConfig) {
  const auto plan = read(two_models + "[grid]\ntask.gap = [5, 7]\n");
  for (const auto& run : plan.runs()) {
    const auto config = read_planned(plan, run);
    EXPECT_EQ(config.name, run.name);
    EXPECT_EQ(config.model_kind, run.label("model") == "small" ? "lstm" : "gru");
    EXPECT_EQ(config.train.lr, run.label("model") == "small" ? 1e-3 : 0.5);
    EXPECT_EQ(std::to_string(config.seed), run.label("seed"));
    OptionList list;
    config.task->describe(list);
    EXPECT_EQ(std::to_string(*std::get<int64_t*>(list.find("gap")->target)), run.label("task.gap"));
  }
}

TEST_F(Plans, NamedSettingsAreAnAxisToo) {
  const auto plan = read(
      "[model]\nkind = \"gru\"\n[grid.budget]\nshort = { train.steps = 3 }\nlong = { train.steps = "
      "30, "
      "train.batch = 2 }\n");
  for (const auto& run : plan.runs()) {
    const auto config = read_planned(plan, run);
    EXPECT_EQ(config.train.steps, run.label("budget") == "short" ? 3 : 30);
    EXPECT_EQ(config.train.batch, run.label("budget") == "short" ? 32 : 2);
  }
  EXPECT_EQ(plan.runs().size(), 4u);
}

TEST_F(Plans, AnOverrideOfAKeyTakesTheAxisAway) {
  const auto more = two_models + "[tune]\ntrain.lr = [0.001, 0.01]\n";
  EXPECT_EQ(read(more).runs().size(), 8u);
  const auto plan = read(more, {"train.lr=0.3", "seeds=[7]"});
  EXPECT_THAT(names(plan), ElementsAre("small", "big"));
  for (const auto& run : plan.runs()) {
    EXPECT_EQ(read_planned(plan, run).train.lr, 0.3);
    EXPECT_EQ(read_planned(plan, run).seed, 7);
  }
}

TEST_F(Plans, WidthsAreChosenSoThatParametersMatch) {
  const auto plan = read(
      "[models.tanh]\nmodel.kind = \"tanh\"\n[models.lstm]\nmodel.kind = \"lstm\"\n"
      "[models.transformer]\nmodel.kind = \"transformer\"\nmodel.layers = 2\nmodel.heads = 2\n"
      "[match]\nparameters = 9000\n");
  for (const auto& run : plan.runs()) {
    auto config = read_planned(plan, run);
    prepare_task(config);
    EXPECT_NEAR(static_cast<double>(build_model(config)->parameter_count()), 9000, 450) << run.name;
  }
}

// Eight heads allow steps of 16 in width, which are too far apart for 8,000 parameters.
TEST_F(Plans, WhatTheWidthCannotMatchTheFeedForwardNetworkDoes) {
  const auto plan = read(
      "[models.transformer]\nmodel.kind = \"transformer\"\nmodel.layers = 1\nmodel.heads = 8\n"
      "[match]\nparameters = 8000\ntolerance = 0.02\n");
  auto config = read_planned(plan, plan.runs().front());
  prepare_task(config);
  EXPECT_NEAR(static_cast<double>(build_model(config)->parameter_count()), 8000, 160);
}

TEST_F(Plans, AMatchThatCannotBeNamesTheNearestCounts) {
  const auto plan =
      read("[models.gru]\nmodel.kind = \"gru\"\n[match]\nparameters = 60\ntolerance = 0.01\n");
  EXPECT_THAT([&] { read_planned(plan, plan.runs().front()); },
              ThrowsMessage<ConfigError>(AllOf(HasSubstr("match.parameters"),
                                               HasSubstr("expected 60"), HasSubstr("gru"))));
}

TEST_F(Plans, AnOrdinaryConfigIsAPlanOfOneRun) {
  folder_.write("one.toml", "name = \"alone\"\n[task]\nkind = \"copy\"\n[model]\nkind = \"gru\"\n");
  const auto plan = read_plan(folder_ / "one.toml", {});
  EXPECT_TRUE(plan.single);
  EXPECT_THAT(names(plan), ElementsAre("alone"));
  EXPECT_EQ(plan.runs().front().label("model"), "alone");
}

TEST_F(Plans, WhatIsWrongIsNamedWithFileLineAndKey) {
  const auto refused = [this](const std::string& more, const std::string& expected) {
    EXPECT_THAT([&] { read(more).runs(); },
                ThrowsMessage<ConfigError>(AllOf(HasSubstr("memory.toml"), HasSubstr(expected))))
        << more;
  };
  refused("[grid]\ntask.gap = 5\n", "grid.task.gap: expected a list of values");
  refused("[grid]\nbudget = [1, 2]\n", "grid.budget: expected a key of a config");
  refused("[match]\nparameters = \"many\"\n", "match.parameters: expected an integer");
  refused("[match]\nparametres = 5\n", "did you mean match.parameters?");
  refused("[solved]\nat_least = true\n", "solved.at_least: expected a share");
  refused("[cost]\nlengths = [0]\n", "cost.lengths: expected lengths of at least 1");
  refused("[models]\nlstm = 5\n", "models.lstm: expected a table of settings");
  refused("[grid]\ntask.gap = [5, 5]\n", "two runs would be called");
}

TEST_F(Plans, AMistakeInARunsSettingsIsNamedAsInAnyConfig) {
  const auto plan = read("[models.lstm]\nmodel.kind = \"lstm\"\nmodel.widht = 4\n");
  EXPECT_THAT([&] { read_planned(plan, plan.runs().front()); },
              ThrowsMessage<ConfigError>(HasSubstr("model.widht: there is no such key")));
}

TEST_F(Plans, AComparisonIsNoConfigOfOneRun) {
  folder_.write("memory.toml", base + two_models);
  EXPECT_THAT([&] { read_config(folder_ / "memory.toml"); },
              ThrowsMessage<ConfigError>(HasSubstr("heed compare")));
}

TEST(DemoComparison, HasEqualParametersWithinFivePercentAndNoCosts) {
  const auto plan = read_plan(HEED_SOURCE_DIR "/configs/demo/copy.toml", {});
  EXPECT_EQ(plan.runs().size(), 9u);
  EXPECT_TRUE(plan.cost_lengths.empty());
  std::vector<int64_t> counts;
  for (const auto& run : plan.runs()) {
    if (run.label("seed") != "1") continue;
    auto config = read_planned(plan, run);
    prepare_task(config);
    counts.push_back(build_model(config)->parameter_count());
  }
  ASSERT_EQ(counts.size(), 3u);
  const auto [least, most] = std::minmax_element(counts.begin(), counts.end());
  EXPECT_LE(static_cast<double>(*most), 1.05 * static_cast<double>(*least));
}

}  // namespace
}  // namespace heed
