#include "src/analysis/head_role.h"

#include <gtest/gtest.h>

#include <cmath>

namespace heed {
namespace {

HeadNumbers with(const std::map<std::string, double>& measures) { return {.measures = measures}; }

std::string role(const HeadNumbers& head, const HeadNumbers& untrained = {}) {
  return head_role(head, untrained).role;
}

// A head that hits a link which no simple rule hits.
HeadLink subject() {
  return {.name = "subject",
          .hit_rate = 0.9,
          .mass = 0.7,
          .offset_hit_rate = 0.5,
          .first_hit_rate = 0.2,
          .heuristic_hit_rate = 0.4};
}

TEST(HeadRole, OfAPatternNeedsFourTenthsOfTheWeight) {
  for (const std::string name :
       {"previous", "next", "current", "first", "duplicate", "induction"}) {
    EXPECT_EQ(role(with({{name, 0.4}})), name);
    EXPECT_EQ(role(with({{name, 0.39}})), "mixed") << name;
  }
}

TEST(HeadRole, OfAPatternNeedsATenthMoreThanBeforeTraining) {
  EXPECT_EQ(role(with({{"first", 0.5}}), with({{"first", 0.4}})), "first");
  EXPECT_EQ(role(with({{"first", 0.5}}), with({{"first", 0.41}})), "mixed");
  EXPECT_EQ(role(with({{"first", 0.5}}), with({{"first", no_number}})), "first");
}

TEST(HeadRole, IsThatOfTheLargestPattern) {
  const auto result = head_role(with({{"previous", 0.45}, {"induction", 0.8}, {"first", 0.5}}),
                                with({{"previous", 0.1}, {"induction", 0.2}, {"first", 0.45}}));
  EXPECT_EQ(result.role, "induction");
  EXPECT_EQ(result.evidence.measure, "induction");
  EXPECT_DOUBLE_EQ(result.evidence.value, 0.8);
  EXPECT_DOUBLE_EQ(result.evidence.untrained, 0.2);
  ASSERT_EQ(result.also.size(), 1U);  // "first" is no more than before
  EXPECT_EQ(result.also[0].role, "previous");
  EXPECT_EQ(role(with({{"first", 0.5}, {"previous", 0.5}})), "previous");
  EXPECT_EQ(role(with({{"entropy", 0.9}, {"previous", 0.5}})), "previous");
  EXPECT_EQ(role(with({{"peaked", 0.9}, {"previous_mul", 0.9}})), "mixed");
}

TEST(HeadRole, OfALinkNeedsToLeadEverySimplerRule) {
  EXPECT_EQ(role({.links = {subject()}}), "link:subject");
  for (const auto rule :
       {&HeadLink::offset_hit_rate, &HeadLink::first_hit_rate, &HeadLink::heuristic_hit_rate}) {
    auto link = subject();
    link.*rule = 0.8;
    EXPECT_EQ(role({.links = {link}}), "link:subject");
    link.*rule = 0.81;
    EXPECT_EQ(role({.links = {link}}), "mixed");
    link.*rule = no_number;
    EXPECT_EQ(role({.links = {link}}), "link:subject");
  }
}

TEST(HeadRole, OfALinkNeedsThreeTenthsOfTheLinks) {
  auto link = subject();
  link.offset_hit_rate = link.first_hit_rate = link.heuristic_hit_rate = 0.1;
  link.hit_rate = 0.3;
  EXPECT_EQ(role({.links = {link}}), "link:subject");
  link.hit_rate = 0.29;
  EXPECT_EQ(role({.links = {link}}), "mixed");
  link.hit_rate = no_number;
  EXPECT_EQ(role({.links = {link}}), "mixed");
}

TEST(HeadRole, OfALinkNeedsMoreThanBeforeTraining) {
  HeadNumbers untrained{
      .links = {{.name = "object", .hit_rate = 0.85}, {.name = "subject", .hit_rate = 0.8}}};
  const auto result = head_role({.links = {subject()}}, untrained);
  EXPECT_EQ(result.role, "link:subject");
  EXPECT_EQ(result.evidence.measure, "hit rate on subject");
  EXPECT_DOUBLE_EQ(result.evidence.value, 0.9);
  EXPECT_DOUBLE_EQ(result.evidence.untrained, 0.8);
  untrained.links[1].hit_rate = 0.81;
  EXPECT_EQ(role({.links = {subject()}}, untrained), "mixed");
}

TEST(HeadRole, OfTwoLinksIsTheOneThatLeadsTheRulesMost) {
  auto other = subject();
  other.name = "object";
  other.hit_rate = 0.6;
  other.offset_hit_rate = other.first_hit_rate = other.heuristic_hit_rate = 0.1;
  const auto result = head_role({.links = {subject(), other}}, {});
  EXPECT_EQ(result.role, "link:object");
  ASSERT_EQ(result.also.size(), 1U);
  EXPECT_EQ(result.also[0].role, "link:subject");
}

TEST(HeadRole, OfALinkThatAPatternOfTokensExplainsIsThePatterns) {
  HeadNumbers head{.measures = {{"induction", 0.7}}, .links = {subject()}};
  EXPECT_EQ(role(head), "induction");
  head.measures["induction"] = 0.65;  // the same as 0.7, as exactly as it matters
  EXPECT_EQ(role(head), "induction");
  head.measures["induction"] = 0.64;
  EXPECT_EQ(role(head), "link:subject");
  head.measures["induction"] = 0.95;
  EXPECT_EQ(role(head), "induction");
  EXPECT_EQ(role(head, with({{"induction", 0.9}})), "link:subject");  // no induction head
}

// Heads rest on the first token where they have nothing to do; what they do elsewhere names them.
TEST(HeadRole, OfALinkStandsBeforeFixedPlaces) {
  const auto result = head_role({.measures = {{"first", 0.72}}, .links = {subject()}}, {});
  EXPECT_EQ(result.role, "link:subject");
  ASSERT_EQ(result.also.size(), 1U);
  EXPECT_EQ(result.also[0].role, "first");
}

TEST(HeadRole, OfAnotherFixedOffsetIsPositional) {
  const auto at = [](int64_t offset, double mass) {
    return HeadNumbers{.offset_mass = mass, .offset = offset};
  };
  const auto result = head_role(at(5, 0.4), at(2, 0.1));
  EXPECT_EQ(result.role, "positional");
  EXPECT_EQ(result.evidence.measure, "offset 5");
  EXPECT_DOUBLE_EQ(result.evidence.untrained, 0.1);
  EXPECT_EQ(role(at(-2, 0.6)), "positional");
  EXPECT_EQ(role(at(5, 0.39)), "mixed");
  EXPECT_EQ(role(at(5, 0.6), at(5, 0.51)), "mixed");
  for (const int64_t neighbour : {-1, 0, 1}) EXPECT_EQ(role(at(neighbour, 0.9)), "mixed");
}

// In a text that repeats with a period an induction head keeps one offset too.
TEST(HeadRole, IsPositionalBeforeAPatternOnlyWithClearlyMoreWeight) {
  HeadNumbers head{.measures = {{"induction", 0.6}}, .offset_mass = 0.65, .offset = 9};
  EXPECT_EQ(role(head), "induction");
  head.offset_mass = 0.66;
  EXPECT_EQ(role(head), "positional");
}

TEST(HeadRole, IsBroadOfEvenRowsWhateverTheyWereBefore) {
  EXPECT_EQ(role(with({{"entropy", 0.8}}), with({{"entropy", 0.99}})), "broad");
  EXPECT_EQ(role(with({{"entropy", 0.79}})), "mixed");
  EXPECT_EQ(head_role(with({{"entropy", 0.8}}), with({{"entropy", 0.99}})).evidence.untrained,
            0.99);
}

TEST(HeadRole, IsMixedOtherwiseAndSaysWhatCameNearest) {
  const auto result = head_role(with({{"previous", 0.2}, {"first", 0.3}, {"next", no_number}}),
                                with({{"first", 0.25}}));
  EXPECT_EQ(result.role, "mixed");
  EXPECT_EQ(result.evidence.measure, "first");
  EXPECT_DOUBLE_EQ(result.evidence.value, 0.3);
  EXPECT_DOUBLE_EQ(result.evidence.untrained, 0.25);
  EXPECT_TRUE(result.also.empty());
  EXPECT_EQ(role({}), "mixed");
  EXPECT_TRUE(std::isnan(head_role({}, {}).evidence.value));
}

}  // namespace
}  // namespace heed
