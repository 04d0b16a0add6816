#include "train/files/small_file.h"

#include <gmock/gmock.h>

#include "tests/train/error_of.h"
#include "tests/train/files/temporary_folder.h"

namespace heed {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(SmallFile, IsReadUpToItsLimitAndRefusedBeyond) {
  const TemporaryFolder folder;
  const std::string most(most_of_small_file, 'x');
  folder.write("most", most);
  folder.write("more", most + "x");
  EXPECT_EQ(read_small_file(folder / "most"), most);
  EXPECT_THAT(
      error_of([&] { read_small_file(folder / "more"); }),
      AllOf(HasSubstr("more: expected a file of at most 1048576 bytes"), HasSubstr("got 1048577")));
}

TEST(SmallFile, WhereThereIsNoneSaysSo) {
  const TemporaryFolder folder;
  EXPECT_THAT(error_of([&] { read_small_file(folder / "none"); }), HasSubstr("No such file"));
}

}  // namespace
}  // namespace heed
