#include "src/files/csv_file.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/train/files/temporary_folder.h"
#include "train/files/file.h"

namespace heed {
namespace {

TEST(CsvFile, IsReadByTheNamesOfItsColumns) {
  const TemporaryFolder folder;
  write_file(folder / "a.csv", "step,loss,agreement\n1,2.5,\n2,1e-3,0.75\n");
  const auto file = read_csv(folder / "a.csv");
  ASSERT_EQ(file.rows.size(), 2U);
  EXPECT_EQ(file.cell(file.rows[0], "loss"), "2.5");
  EXPECT_EQ(parse_number(file.cell(file.rows[1], "loss")), 1e-3);
  EXPECT_TRUE(std::isnan(parse_number(file.cell(file.rows[0], "agreement"))));
  EXPECT_EQ(file.cell(file.rows[0], "no such column"), "");
}

TEST(CsvFile, LeavesOutIncompleteRowsAndMissingFiles) {
  const TemporaryFolder folder;
  EXPECT_TRUE(read_csv(folder / "none.csv").rows.empty());
  write_file(folder / "a.csv", "step,loss\n1,2\n3\n4,5\n6,0.");
  const auto file = read_csv(folder / "a.csv");
  ASSERT_EQ(file.rows.size(), 2U);
  EXPECT_EQ(file.rows[1], (std::vector<std::string>{"4", "5"}));
}

}  // namespace
}  // namespace heed
