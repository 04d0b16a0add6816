#include "src/analysis/tables.h"

#include <sstream>

#include <gmock/gmock.h>

#include "tests/src/analysis/small_analysis.h"

namespace heed {
namespace {

TEST(AnalysisTables, PutTheMostImportantHeadFirstAndStayWithin80Columns) {
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
