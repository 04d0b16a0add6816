// The studies with their full training: each claim of a text against its number.

#include <gmock/gmock.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "src/commands/command.h"
#include "tests/src/commands/program.h"

namespace heed {
namespace {

using nlohmann::json;

json run_whole_study(const std::string& name) {
  const auto result = heed({"study", name, "--json"});
  EXPECT_EQ(result.status, status_done) << result.err;
  return json::parse(result.out);
}

TEST(WholeStudy, GatesReachFurtherThanTanhAndAttentionFurthest) {
  const auto models = run_whole_study("rnn-long-range")["models"];
  const auto reach = [&](const char* model) { return models[model]["reach"].get<int64_t>(); };
  EXPECT_LT(reach("tanh"), reach("gru"));
  EXPECT_LE(reach("gru"), reach("lstm"));
  EXPECT_LT(reach("lstm"), reach("attention"));
  EXPECT_EQ(reach("attention"), 200);
  EXPECT_LT(models["tanh"]["shrinkage_per_step"], models["gru"]["shrinkage_per_step"]);
  EXPECT_LT(models["gru"]["shrinkage_per_step"], models["lstm"]["shrinkage_per_step"]);
  EXPECT_GT(models["tanh"]["gradient"].back(), 0);
}

TEST(WholeStudy, WithoutTheMaskTheLossFallsBelowTheEntropy) {
  const auto numbers = run_whole_study("causal-mask");
  EXPECT_LT(numbers["loss_without_mask"], numbers["entropy"]);
  EXPECT_GT(numbers["loss_with_mask"], numbers["entropy"]);
}

TEST(WholeStudy, RelativePositionsGeneraliseToLongerRowsAndSinusoidalOnesDoNot) {
  const auto losses = run_whole_study("positional-encoding")["length_losses"];
  EXPECT_LT(losses["relative"].back(), losses["relative"].front());
  EXPECT_GT(losses["sinusoidal"].back(), losses["sinusoidal"].front().get<double>() + 0.3);
  for (const auto& [position, of_position] : losses.items())
    if (of_position.back().is_number()) {
      EXPECT_GE(of_position.back(), losses["relative"].back()) << position;
    }
}

TEST(WholeStudy, CrossAttentionAlignsNearlyEveryWord) {
  EXPECT_LT(run_whole_study("cross-attention")["alignment_error_rate"], 0.1);
}

TEST(WholeStudy, AFixedVectorLosesWhatAttentionKeeps) {
  const auto models = run_whole_study("bottleneck")["models"];
  EXPECT_GT(models["fixed"]["reach"], 0);
  EXPECT_LT(models["fixed"]["reach"], 20);
  EXPECT_GT(models["attention"]["reach"], 40);
  EXPECT_GT(models["transformer"]["reach"], 40);
}

TEST(WholeStudy, OneHeadCarriesThePronounAndIsNeeded) {
  const auto numbers = run_whole_study("coreference");
  EXPECT_GT(numbers["right"], 0.95);
  const auto& heads = numbers["heads"];
  const auto carrier =
      std::max_element(heads.begin(), heads.end(), [](const json& a, const json& b) {
        return a["to_noun_meant"].get<double>() - a["to_other_noun"].get<double>() <
               b["to_noun_meant"].get<double>() - b["to_other_noun"].get<double>();
      });
  EXPECT_GT(carrier->at("to_noun_meant"), carrier->at("to_other_noun").get<double>() + 0.2);
  EXPECT_LT(carrier->at("right_without"), numbers["right"].get<double>() - 0.1);
  EXPECT_GT(numbers["readings"]["tired"]["it_to_cat"], numbers["readings"]["tired"]["it_to_mat"]);
  EXPECT_LT(numbers["readings"]["dusty"]["it_to_cat"], numbers["readings"]["dusty"]["it_to_mat"]);
  EXPECT_GT(numbers["readings"]["tired"]["it"], numbers["readings"]["tired"]["they"]);
  EXPECT_LT(numbers["readings"]["dusty"]["it"], numbers["readings"]["dusty"]["they"]);
}

TEST(WholeStudy, HeadsOfTheVisualizerDifferMoreThanBeforeTraining) {
  const auto numbers = run_whole_study("visualizer");
  EXPECT_GT(numbers["loss"], numbers["exact_loss"]);
  for (const auto& layer : numbers["layers"])
    EXPECT_GT(layer["heads_differ"], layer["heads_differ_untrained"]);
}

}  // namespace
}  // namespace heed
