#include "src/analysis/named_numbers.h"

#include <gmock/gmock.h>

#include <limits>

namespace heed {
namespace {

using ::testing::ElementsAre;

const NamedNumbers first = {{"a", 0.1}, {"b", std::numeric_limits<double>::quiet_NaN()}};
const NamedNumbers second = {{"c", 1e-20}, {"a", 2}};

TEST(NamedNumbers, HaveTheNamesOfAllRowsEachOnceInTheOrderInWhichTheyCome) {
  EXPECT_THAT(names_in({first, second}), ElementsAre("a", "b", "c"));
}

TEST(NamedNumbers, AreCellsWithAllDigitsAndEmptyWhereThereIsNone) {
  EXPECT_THAT(format_cells(first, {"a", "b", "c"}), ElementsAre("0.1", "", ""));
  EXPECT_THAT(format_cells(second, {"a", "b", "c"}), ElementsAre("2", "", "1e-20"));
}

}  // namespace
}  // namespace heed
