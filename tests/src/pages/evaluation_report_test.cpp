#include "src/pages/evaluation_report.h"

#include <gmock/gmock.h>

#include <cmath>

#include "src/console/console_table.h"

namespace heed {
namespace {

Evaluation example() {
  Evaluation evaluation{
      .tokens = 1234567, .characters = 4938268, .loss = std::log(4.0), .standard_error = 0.01};
  for (const std::string bucket : {"11+", "1", "2-3", "1"}) {
    const bool right = bucket != "11+";
    evaluation.scores.count("agreement", "", "", right);
    evaluation.scores.count("agreement", "distance", bucket, right);
  }
  return evaluation;
}

TEST(Report, AsJsonItHasTheNumbersByName) {
  const auto json = to_json(example(), 1.25);
  EXPECT_EQ(json["tokens"], 1234567);
  EXPECT_DOUBLE_EQ(json["nats_per_token"], std::log(4.0));
  EXPECT_DOUBLE_EQ(json["perplexity"], 4);
  EXPECT_DOUBLE_EQ(json["bits_per_character"], 0.5);
  EXPECT_EQ(json["bound"], 1.25);
  EXPECT_EQ(json["agreement"]["accuracy"], 0.75);
  EXPECT_EQ(json["agreement"]["by_distance"]["1"]["asked"], 2);
  EXPECT_FALSE(json.contains("excess"));
}

TEST(Report, WhatIsNotKnownIsLeftOut) {
  const auto json = to_json(Evaluation{.tokens = 1}, std::nullopt);
  for (const std::string key : {"bound", "bits_per_character", "excess", "agreement"})
    EXPECT_FALSE(json.contains(key)) << key;
}

TEST(Report, BucketsStandInTheOrderOfTheirLowerEnds) {
  const auto evaluation = example();
  EXPECT_THAT(list_buckets({&evaluation}, "agreement", "distance"),
              ::testing::ElementsAre("1", "2-3", "11+"));
}

TEST(Report, AsTextItFitsATerminalAndSaysTheSame) {
  auto evaluation = example();
  evaluation.exact_loss = 1.2;
  evaluation.excess = 0.1863;
  const auto text = to_text(evaluation, 1.25);
  EXPECT_THAT(text, ::testing::HasSubstr("1,234,567 tokens, 1.3863 ± 0.0100 nats per token"));
  EXPECT_THAT(text, ::testing::HasSubstr("agreement: 75.0 % of 4"));
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(display_width(line), 80) << line;
}

TEST(Report, TheAlignmentOfEachHeadStandsBesideTheBest) {
  auto evaluation = example();
  evaluation.alignment = {
      {.layer = 0, .head = 0, .error_rate = 0.5},    {.layer = 0, .head = 1, .error_rate = 0.25},
      {.layer = 0, .head = -1, .error_rate = 0.125}, {.layer = 1, .head = 0, .error_rate = 0.75},
      {.layer = 1, .head = 1, .error_rate = 1},      {.layer = 1, .head = -1, .error_rate = 0.875}};
  const auto json = to_json(evaluation, std::nullopt)["alignment"];
  EXPECT_EQ(json["best"]["layer"], 0);
  EXPECT_EQ(json["best"]["head"], 1);
  EXPECT_EQ(json["heads"], (std::vector<std::vector<double>>{{0.5, 0.25}, {0.75, 1}}));
  EXPECT_EQ(json["mean_of_heads"], (std::vector<double>{0.125, 0.875}));
  const auto text = to_text(evaluation, std::nullopt);
  EXPECT_THAT(text, ::testing::HasSubstr("25.0 % at best, layer 0 head 1"));
  EXPECT_THAT(text, ::testing::HasSubstr("  layer 1, heads: 75.0 %  100.0 %; their mean: 87.5 %"));
}

}  // namespace
}  // namespace heed
