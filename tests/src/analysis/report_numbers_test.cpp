#include "src/analysis/report_numbers.h"

#include <gmock/gmock.h>

#include <limits>
#include <map>
#include <sstream>

#include "tests/src/analysis/small_analysis.h"

namespace heed {
namespace {

using ::testing::ElementsAre;

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
  EXPECT_EQ(columns.at("role"),
            (std::vector<std::string>{"mixed", "previous", "induction", "mixed"}));
  EXPECT_EQ(columns.at("previous")[1], "0.95");
  EXPECT_EQ(columns.at("previous_untrained")[1], "0.04");
  EXPECT_EQ(columns.at("previous_sentences")[1], "50");
  EXPECT_EQ(columns.at("hit_successor")[2], "0.9");
  EXPECT_EQ(columns.at("mean_rise")[1], "2");
  EXPECT_EQ(columns.at("next")[0], "");  // not defined: empty, no number
}

const NamedNumbers first_row = {{"a", 0.1}, {"b", std::numeric_limits<double>::quiet_NaN()}};
const NamedNumbers second_row = {{"c", 1e-20}, {"a", 2}};

TEST(NamedNumbers, HaveTheNamesOfAllRowsEachOnceInTheOrderOfTheirFirstAppearance) {
  EXPECT_THAT(names_in({first_row, second_row}), ElementsAre("a", "b", "c"));
}

TEST(NamedNumbers, AreCellsInTheirShortestFormAndEmptyWhereThereIsNone) {
  EXPECT_THAT(format_cells(first_row, {"a", "b", "c"}), ElementsAre("0.1", "", ""));
  EXPECT_THAT(format_cells(second_row, {"a", "b", "c"}), ElementsAre("2", "", "1e-20"));
}

}  // namespace
}  // namespace heed
