#include "src/analysis/analysis_json.h"

#include <gmock/gmock.h>

#include "tests/src/analysis/small_analysis.h"

namespace heed {
namespace {

using nlohmann::ordered_json;
using ::testing::HasSubstr;

TEST(AnalysisJson, HoldsHeadsLayersLinksAndWhatTheMeasuresMeanAndNullForWhatIsUnknown) {
  const auto json = nlohmann::json::parse(to_json(small_analysis()).dump());
  EXPECT_EQ(json["heads"][1]["role"], "previous");
  EXPECT_EQ(json["heads"][2]["numbers"]["induction"], 0.81);
  EXPECT_TRUE(json["heads"][2]["numbers"]["next"].is_null());
  EXPECT_EQ(json["layers"][0]["mean_measure"], 0.11);
  EXPECT_EQ(json["layers"][0]["heads_without_it"]["L1 H0"]["induction"], 0.02);
  EXPECT_EQ(json["links"][0]["offset"], 7);
  EXPECT_THAT(json["measures"]["previous"]["formula"].get<std::string>(), HasSubstr("A[q, q-1]"));
  EXPECT_FALSE(json["findings"].empty());
}

ordered_json parsed_analysis() { return ordered_json::parse(to_json(small_analysis()).dump()); }

const PageMeasure& measure(const std::vector<PageMeasure>& measures, const std::string& key) {
  for (const auto& one : measures)
    if (one.key == key) return one;
  throw std::runtime_error("no measure " + key);
}

TEST(PageOfAnAnalysis, OffersTheMeasuresInTheirOrderThenLinksThenImportance) {
  const auto measures = page_measures(parsed_analysis());
  EXPECT_EQ(measures.front().key, "previous");
  EXPECT_THAT(measures.front().formula, HasSubstr("A[q, q-1]"));
  EXPECT_THAT(measure(measures, "hit_successor").formula,
              HasSubstr("from a token read again to what followed it before"));
  EXPECT_THAT(measure(measures, "mean_measure").title, HasSubstr("accuracy"));
  EXPECT_EQ(measures.back().key, "gradient");
}

TEST(PageOfAnAnalysis, ShowsEachHeadsRoleEvidenceAndNumbersBesideTheUntrainedOnes) {
  const auto json = parsed_analysis();
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

TEST(PageOfAnAnalysis, KeepsTheKindOfAHead) {
  auto json = parsed_analysis();
  json["heads"][0]["kind"] = "cross";
  EXPECT_EQ(page_heads(json, page_measures(json))[0].kind, AttentionKind::cross);
}

}  // namespace
}  // namespace heed
