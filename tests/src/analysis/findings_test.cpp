#include "src/analysis/findings.h"

#include <gmock/gmock.h>

#include "tests/src/analysis/small_analysis.h"

namespace heed {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(Findings, NameTheHeadsThatFollowAPatternAndWhatNoneGaveItBefore) {
  const auto found = findings(small_analysis());
  EXPECT_THAT(found,
              Contains("L0 H1 (0.95) attends to the previous token; untrained, no head gives "
                       "it more than 0.04."));
  EXPECT_THAT(found, Contains(AllOf(HasSubstr("L1 H0 (0.81) attends to"), HasSubstr("induction"))));
}

TEST(Findings, SayThatNoHeadDoesWhatNoneDoes) {
  auto analysis = small_analysis();
  for (auto& head : analysis.heads) {
    head.trained.measures["previous"].mean = 0.1;
    head.role.role = "mixed";
  }
  const auto found = findings(analysis);
  EXPECT_THAT(found,
              Contains(HasSubstr(
                  "No head attends to the previous token: the largest mean weight is 0.10")));
  EXPECT_THAT(found, Contains(HasSubstr("No head attends to what followed")));
  EXPECT_THAT(found, Each(Not(HasSubstr("With all heads of L0"))));  // no induction to lose
}

TEST(Findings, HoldTheBestHeadAgainstRulesThatNeedNoAttentionEitherWay) {
  auto analysis = small_analysis();
  EXPECT_THAT(findings(analysis),
              Contains(AllOf(HasSubstr("successor: L1 H0 hits 90.0 % of 200 links"),
                             HasSubstr("always 7 back hits 25.0 %, the nearest word 30.0 %"),
                             HasSubstr("60.0 points more than either"),
                             HasSubstr("accuracy falls from 98.0 % to 60.5 % (by 37.5 points)"))));
  analysis.survey.links[0].heuristic_hit_rate = 0.95;
  EXPECT_THAT(findings(analysis), Contains(HasSubstr("5.0 points less than the better of them")));
}

TEST(Findings, SayWhatIsLeftOfInductionWithoutTheLayerBelow) {
  EXPECT_THAT(
      findings(small_analysis()),
      Contains(AllOf(HasSubstr("With all heads of L0 at their means"),
                     HasSubstr("from 0.81 to 0.02"), HasSubstr("accuracy from 98.0 % to 11.0 %"))));
}

TEST(Findings, SayHowFarAwayHeadsLook) {
  EXPECT_THAT(findings(small_analysis()),
              Contains("On average heads look 1.0 to 7.5 positions away; untrained 15.2 to 15.2."));
}

TEST(Findings, CountTheHeadsThatCanGoAndNameTheMostImportant) {
  EXPECT_THAT(findings(small_analysis()),
              Contains(AllOf(HasSubstr("2 of 4 heads can each be set to their mean"),
                             HasSubstr("the most important is L0 H1 (previous): +2.000"))));
}

}  // namespace
}  // namespace heed
