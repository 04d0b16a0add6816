#include "src/pages/run_page.h"

#include <gmock/gmock.h>

#include "src/analysis/analysis_json.h"
#include "tests/src/analysis/small_analysis.h"

namespace heed {
namespace {

using nlohmann::ordered_json;
using ::testing::HasSubstr;

ordered_json analysis() { return ordered_json::parse(to_json(small_analysis()).dump()); }

const PageMeasure& measure(const std::vector<PageMeasure>& measures, const std::string& key) {
  for (const auto& one : measures)
    if (one.key == key) return one;
  throw std::runtime_error("no measure " + key);
}

TEST(RunPage, OffersTheMeasuresInTheirOrderThenLinksThenWhatRemovalCosts) {
  const auto measures = page_measures(analysis());
  EXPECT_EQ(measures.front().key, "previous");
  EXPECT_THAT(measures.front().formula, HasSubstr("A[q, q-1]"));
  EXPECT_THAT(measure(measures, "hit_successor").formula,
              HasSubstr("from a token read again to what came behind it before"));
  EXPECT_THAT(measure(measures, "mean_measure").title, HasSubstr("accuracy"));
  EXPECT_EQ(measures.back().key, "gradient");
}

TEST(RunPage, ShowsEachHeadsWordEvidenceAndNumbersBesideTheUntrainedOnes) {
  const auto json = analysis();
  const auto heads = page_heads(json, page_measures(json));
  ASSERT_EQ(heads.size(), 4U);
  const auto& induces = heads[2];
  EXPECT_EQ(induces.layer, 1);
  EXPECT_EQ(induces.head, 0);
  EXPECT_EQ(induces.role, "induction");
  EXPECT_EQ(induces.evidence, "induction 0.81, untrained 0.03");
  EXPECT_EQ(induces.values.at("induction"), 0.81);
  EXPECT_EQ(induces.untrained.at("induction"), 0.03);
  EXPECT_EQ(induces.values.at("mean_rise"), 1.5);
  EXPECT_FALSE(induces.values.contains("next"));  // null: not defined
}

TEST(RunPage, KeepsTheKindOfAHead) {
  auto json = analysis();
  json["heads"][0]["kind"] = "cross";
  EXPECT_EQ(page_heads(json, page_measures(json))[0].kind, AttentionKind::cross);
}

}  // namespace
}  // namespace heed
