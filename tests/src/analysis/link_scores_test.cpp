#include "src/analysis/link_scores.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "tests/src/analysis/maps.h"

namespace heed {
namespace {

const LayerId layer_0 = {AttentionKind::self, 0};

GoldLinks verbs(const std::vector<GoldLink>& links) {
  return {.name = "subject",
          .from = "verb",
          .to = "its subject",
          .heuristic = "the most recent noun",
          .links = links};
}

GoldLinks to_source(const std::vector<GoldLink>& links) {
  return {.name = "source",
          .from = "word",
          .to = "what it translates",
          .to_source = true,
          .links = links};
}

TEST(LinkScores, CountHitsAndWeightOnTheKeysOfEachHead) {
  const auto sure = matrix({{1, 0, 0, 0}, {1, 0, 0, 0}, {0.75, 0, 0.25, 0}, {0, 0.5, 0.25, 0.25}});
  const auto lost = matrix({{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}, {0.25, 0.25, 0, 0.5}});
  LinkScores scores;
  scores.add({verbs({{.row = 0, .query = 2, .keys = {0}}, {.row = 0, .query = 3, .keys = {1, 0}}})},
             {{layer_0, {.weights = at::stack({sure, lost}).unsqueeze(0), .allowed = causal(4)}}});
  const auto result = scores.scores();
  ASSERT_EQ(result.size(), 1U);
  EXPECT_EQ(result[0].kind.name, "subject");
  EXPECT_EQ(result[0].links, 2);
  const auto& heads = result[0].heads.at(layer_0);
  EXPECT_DOUBLE_EQ(heads.hit_rate[0].item<double>(), 1);
  EXPECT_DOUBLE_EQ(heads.hit_rate[1].item<double>(), 0);
  EXPECT_DOUBLE_EQ(heads.mass[0].item<double>(), (0.75 + 0.5) / 2);
  EXPECT_DOUBLE_EQ(heads.mass[1].item<double>(), (0 + 0.5) / 2);
}

TEST(LinkScores, LookForTheLargestWeightAmongOpenKeysAlone) {
  // Some weight is on a key beyond the sentence, and on one that is not allowed.
  HeadMaps maps{.weights = matrix({{0.25, 0.1, 0.05, 0.6}, {0.3, 0.5, 0.2, 0}}).view({1, 1, 2, 4}),
                .allowed = at::tensor({1, 1, 1, 1, 1, 0, 1, 1}).view({2, 4}).to(at::kBool),
                .key_lengths = at::tensor(std::vector<int64_t>{3}),
                .self = false};
  const LayerId cross{AttentionKind::cross, 1};
  const auto links =
      to_source({{.query = 0, .keys = {0}}, {.query = 1, .keys = {0}}, {.query = 1, .keys = {1}}});
  LinkScores scores;
  scores.add({links}, {{cross, maps}});
  const auto heads = scores.scores()[0].heads.at(cross);
  EXPECT_DOUBLE_EQ(heads.hit_rate.item<double>(), 2.0 / 3);
  EXPECT_DOUBLE_EQ(heads.mass.item<double>(), (0.25 + 0.3 + 0) / 3);
}

TEST(LinkScores, AQueryThatMayAttendNowhereHitsNothing) {
  LinkScores scores;
  scores.add(
      {verbs({{.query = 1, .keys = {0}}})},
      {{layer_0, {.weights = at::zeros({1, 1, 2, 2}), .allowed = at::zeros({2, 2}, at::kBool)}}});
  EXPECT_EQ(scores.scores()[0].heads.at(layer_0).hit_rate.item<double>(), 0);
}

TEST(LinkScores, RulesWithoutAttentionAreMeasuredOnTheSameLinks) {
  LinkScores scores;
  scores.add({verbs({{.query = 5, .keys = {3}, .heuristic = 3},
                     {.query = 4, .keys = {2, 0}, .heuristic = 3},
                     {.query = 2, .keys = {1}, .heuristic = -1}})},
             {});
  scores.add({verbs({{.query = 7, .keys = {5, 5, 0}, .heuristic = 0}})}, {});
  const auto result = scores.scores().at(0);
  EXPECT_EQ(result.links, 4);
  EXPECT_EQ(result.offset, 2);
  EXPECT_DOUBLE_EQ(result.offset_hit_rate, 3.0 / 4);
  EXPECT_DOUBLE_EQ(result.first_hit_rate, 2.0 / 4);
  EXPECT_DOUBLE_EQ(result.heuristic_hit_rate, 2.0 / 4);
}

TEST(LinkScores, TheBestOffsetToASourceMayLieAhead) {
  const auto links =
      to_source({{.query = 1, .keys = {2}}, {.query = 3, .keys = {4}}, {.query = 4, .keys = {0}}});
  LinkScores scores;
  scores.add({links}, {});
  EXPECT_EQ(scores.scores()[0].offset, -1);
  EXPECT_DOUBLE_EQ(scores.scores()[0].offset_hit_rate, 2.0 / 3);
  EXPECT_TRUE(std::isnan(scores.scores()[0].heuristic_hit_rate));  // names no heuristic
}

TEST(LinkScores, OfEqualOffsetsTheSmallestIsNamed) {
  LinkScores scores;
  scores.add({verbs({{.query = 6, .keys = {1}}, {.query = 6, .keys = {4}}})}, {});
  EXPECT_EQ(scores.scores()[0].offset, 2);
  EXPECT_DOUBLE_EQ(scores.scores()[0].offset_hit_rate, 0.5);
  LinkScores ahead;
  ahead.add({to_source({{.query = 3, .keys = {1, 5}}})}, {});
  EXPECT_EQ(ahead.scores()[0].offset, 2);
}

TEST(LinkScores, EachKindIsSoughtInTheAttentionsThatCouldFollowIt) {
  const auto map = at::full({1, 1, 3, 3}, 1.0 / 3);
  LinkScores scores;
  scores.add({to_source({{.query = 1, .keys = {1}}}), verbs({{.query = 2, .keys = {0}}})},
             {{{AttentionKind::encoder, 0}, {.weights = map}},
              {{AttentionKind::decoder, 0}, {.weights = map}},
              {{AttentionKind::cross, 0}, {.weights = map, .self = false}}});
  const auto result = scores.scores();
  ASSERT_EQ(result.size(), 2U);
  ASSERT_EQ(result[0].heads.size(), 1U);
  EXPECT_EQ(result[0].heads.begin()->first.kind, AttentionKind::cross);
  ASSERT_EQ(result[1].heads.size(), 1U);
  EXPECT_EQ(result[1].heads.begin()->first.kind, AttentionKind::decoder);
}

TEST(LinkScores, AKindWithoutLinksIsNamedAndHasNoNumbers) {
  LinkScores scores;
  scores.add({verbs({})}, {{layer_0, {.weights = at::rand({1, 1, 2, 2})}}});
  const auto result = scores.scores().at(0);
  EXPECT_EQ(result.links, 0);
  EXPECT_TRUE(std::isnan(result.offset_hit_rate));
  EXPECT_TRUE(std::isnan(result.heuristic_hit_rate));
  EXPECT_TRUE(result.heads.empty());
}

TEST(LinkScores, ALinkOutsideOfTheMapsIsAnswered) {
  const std::map<LayerId, HeadMaps> maps = {{layer_0, {.weights = at::rand({2, 1, 3, 3})}}};
  LinkScores scores;
  EXPECT_THROW(scores.add({verbs({{.row = 2, .query = 1, .keys = {0}}})}, maps),
               std::invalid_argument);
  EXPECT_THROW(scores.add({verbs({{.query = 3, .keys = {0}}})}, maps), std::invalid_argument);
  EXPECT_THROW(scores.add({verbs({{.query = 1, .keys = {-1}}})}, maps), std::invalid_argument);
}

TEST(LinkScores, OfManyBatchesAreThoseOfLoopsOverLinks) {
  LinkScores scores;
  double hits = 0, mass = 0, count = 0;
  for (int batch = 0; batch < 3; ++batch) {
    const HeadMaps maps{.weights = random_weights({4, 2, 6, 6}, causal(6), batch),
                        .allowed = causal(6)};
    std::vector<GoldLink> links;
    for (int64_t row = 0; row < 4; ++row)
      for (int64_t q = 1; q < 6; q += batch + 1)
        links.push_back({.row = row, .query = q, .keys = {(row + q) % q, q / 2}});
    for (const auto& link : links) {
      const auto row = maps.weights[link.row][1][link.query];
      int64_t best = 0;
      for (int64_t k = 1; k <= link.query; ++k)
        if (row[k].item<double>() > row[best].item<double>()) best = k;
      const std::vector<int64_t>& keys = link.keys;
      hits += std::find(keys.begin(), keys.end(), best) != keys.end();
      mass += row[keys[0]].item<double>();
      if (keys[1] != keys[0]) mass += row[keys[1]].item<double>();
      ++count;
    }
    scores.add({verbs(links)}, {{layer_0, maps}});
  }
  const auto heads = scores.scores()[0].heads.at(layer_0);
  EXPECT_NEAR(heads.hit_rate[1].item<double>(), hits / count, 1e-12);
  EXPECT_NEAR(heads.mass[1].item<double>(), mass / count, 1e-12);
}

TEST(OffsetRule, SaysWhichWayItLooks) {
  EXPECT_EQ(offset_rule(2), "always 2 back");
  EXPECT_EQ(offset_rule(-1), "always 1 ahead");
  EXPECT_EQ(offset_rule(0), "always the same position");
}

}  // namespace
}  // namespace heed
