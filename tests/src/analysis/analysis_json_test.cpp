#include "src/analysis/analysis_json.h"

#include <gmock/gmock.h>

#include "tests/src/analysis/small_analysis.h"

namespace heed {
namespace {

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

}  // namespace
}  // namespace heed
