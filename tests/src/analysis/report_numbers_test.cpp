#include "src/analysis/report_numbers.h"

#include <gmock/gmock.h>

#include <cmath>
#include <map>
#include <sstream>

#include "src/analysis/analysis_json.h"
#include "src/analysis/tables.h"
#include "tests/src/analysis/small_analysis.h"

namespace heed {
namespace {

using ::testing::HasSubstr;

std::vector<std::string> cells(const std::string& line) {
  std::vector<std::string> result;
  std::istringstream in(line + ",");
  for (std::string cell; std::getline(in, cell, ',');) result.push_back(cell);
  return result;
}

TEST(HeadsCsv, IsARowAHeadWithTrainedAndUntrainedNumbersUnderTheirNames) {
  std::istringstream csv(heads_csv(small_analysis()));
  std::string line;
  std::getline(csv, line);
  const auto header = cells(line);
  std::map<std::string, std::vector<std::string>> columns;
  int rows = 0;
  while (std::getline(csv, line)) {
    const auto row = cells(line);
    ASSERT_EQ(row.size(), header.size());
    for (size_t i = 0; i < row.size(); ++i) columns[header[i]].push_back(row[i]);
    ++rows;
  }
  EXPECT_EQ(rows, 4);
  EXPECT_EQ(columns.at("word"),
            (std::vector<std::string>{"mixed", "previous", "induction", "mixed"}));
  EXPECT_EQ(columns.at("previous")[1], "0.95");
  EXPECT_EQ(columns.at("previous_untrained")[1], "0.04");
  EXPECT_EQ(columns.at("previous_sentences")[1], "50");
  EXPECT_EQ(columns.at("hit_successor")[2], "0.9");
  EXPECT_EQ(columns.at("mean_rise")[1], "2");
  EXPECT_EQ(columns.at("next")[0], "");  // not defined: empty, no number
}

TEST(AnalysisJson, HoldsHeadsLayersLinksAndWhatTheMeasuresMeanAndNullForWhatIsUnknown) {
  const auto json = nlohmann::json::parse(to_json(small_analysis()).dump());
  EXPECT_EQ(json["heads"][1]["word"], "previous");
  EXPECT_EQ(json["heads"][2]["numbers"]["induction"], 0.81);
  EXPECT_TRUE(json["heads"][2]["numbers"]["next"].is_null());
  EXPECT_EQ(json["layers"][0]["mean_measure"], 0.11);
  EXPECT_EQ(json["layers"][0]["heads_without_it"]["L1 H0"]["induction"], 0.02);
  EXPECT_EQ(json["links"][0]["offset"], 7);
  EXPECT_THAT(json["measures"]["previous"]["formula"].get<std::string>(), HasSubstr("A[q, q-1]"));
  EXPECT_FALSE(json["findings"].empty());
}

TEST(AnalysisTables, PutTheDearestHeadFirstAndStayWithin80Columns) {
  const auto analysis = small_analysis();
  const auto text = heads_table(analysis).to_text();
  EXPECT_LT(text.find("L0 H1"), text.find("L1 H0"));
  EXPECT_LT(text.find("L1 H0"), text.find("L0 H0"));
  std::vector<ConsoleTable> tables = link_tables(analysis);
  tables.push_back(heads_table(analysis));
  tables.push_back(places_table(analysis));
  tables.push_back(layers_table(analysis));
  for (const auto& table : tables) {
    std::istringstream lines(table.to_text());
    for (std::string line; std::getline(lines, line);) EXPECT_LE(display_width(line), 80) << line;
  }
}

TEST(AnalysisTables, PutRulesAmongTheHeadsByWhatTheyHit) {
  const auto text = link_tables(small_analysis()).at(0).to_text();
  EXPECT_LT(text.find("L1 H0"), text.find("the nearest word"));
  EXPECT_LT(text.find("the nearest word"), text.find("always 7 back"));
  EXPECT_LT(text.find("always 7 back"), text.find("L0 H0"));
}

}  // namespace
}  // namespace heed
