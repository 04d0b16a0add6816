// The heads that configs/induction.toml and configs/grammar.toml promise, run as a user runs them.

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/src/commands/program.h"

namespace heed {
namespace {

using nlohmann::json;

json analysis_of(const std::vector<std::string>& configs, const TemporaryFolder& folder) {
  std::vector<std::string> arguments = {"analyze", "--json"};
  for (const auto& config : configs) arguments.push_back(HEED_SOURCE_DIR "/configs/" + config);
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder / ".");
  const auto result = heed(arguments);
  std::filesystem::current_path(before);
  EXPECT_EQ(result.status, 0) << result.err;
  return json::parse(result.out);
}

double largest(const json& heads, int64_t layer, const std::string& number) {
  double most = 0;
  for (const auto& head : heads)
    if (head["layer"] == layer) most = std::max(most, head["numbers"][number].get<double>());
  return most;
}

TEST(InductionHeads, FormInTheSecondLayerOnTopOfAPreviousTokenHeadAndNeverInOneLayer) {
  const TemporaryFolder folder;
  const auto both = analysis_of({"induction.toml", "induction_one_layer.toml"}, folder);
  const auto& heads = both[0]["heads"];
  EXPECT_GE(largest(heads, 0, "previous"), 0.9);
  EXPECT_GE(largest(heads, 1, "induction"), 0.6);
  for (const auto& head : heads) {
    const double score = head["numbers"]["induction"];
    EXPECT_TRUE(score >= 0.6 || score < 0.15) << head;
  }
  EXPECT_GE(both[0]["measure_value"].get<double>(), 0.99);
  const auto& without = both[0]["layers"][0];
  EXPECT_LT(without["mean_measure"].get<double>(), 0.3);
  for (const auto& [head, numbers] : without["heads_without_it"].items())
    EXPECT_LT(numbers["induction"].get<double>(), 0.1) << head;
  EXPECT_LT(largest(both[1]["heads"], 0, "induction"), 0.15);
  EXPECT_LT(both[1]["measure_value"].get<double>(), 0.3);
}

TEST(SubjectHead, BeatsTheBestFixedOffsetAndTheMostRecentNounAndItsAblationCostsAgreement) {
  const TemporaryFolder folder;
  const auto analysis = analysis_of({"grammar.toml"}, folder);
  const auto& heads = analysis["heads"];
  const auto best = *std::max_element(heads.begin(), heads.end(), [](const auto& a, const auto& b) {
    return a["numbers"]["hit_subject"] < b["numbers"]["hit_subject"];
  });
  const auto& link = analysis["links"][0];
  ASSERT_EQ(link["name"], "subject");
  const double rule =
      std::max(link["offset_hit_rate"].get<double>(), link["heuristic_hit_rate"].get<double>());
  EXPECT_GE(best["numbers"]["hit_subject"].get<double>(), rule + 0.2);
  EXPECT_EQ(best["role"], "link:subject");
  EXPECT_LT(best["numbers"]["mean_measure"].get<double>(),
            analysis["measure_value"].get<double>() - 0.05);
}

}  // namespace
}  // namespace heed
