#include "src/analysis/named_numbers.h"

#include <gmock/gmock.h>

#include <limits>

namespace heed {
namespace {

using ::testing::ElementsAre;

const NamedNumbers named_numbers_first = {{"a", 0.1}, {"b", std::numeric_limits<double>::quiet_NaN()}};
const NamedNumbers named_numbers_second = {{"c", 1e-20}, {"a", 2}};

TEST(NamedNumbers, HaveTheNamesOfAllRowsEachOnceInTheOrderInWhichTheyCome) {
  EXPECT_THAT(names_in({named_numbers_first, named_numbers_second}), ElementsAre("a", "b", "c"));
}

TEST(NamedNumbers, AreCellsWithAllDigitsAndEmptyWhereThereIsNone) {
  EXPECT_THAT(format_cells(named_numbers_first, {"a", "b", "c"}), ElementsAre("0.1", "", ""));
  EXPECT_THAT(format_cells(named_numbers_second, {"a", "b", "c"}), ElementsAre("2", "", "1e-20"));
}

}  // namespace
}  // namespace heed
