#include "train/files/file.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include "tests/train/error_of.h"
#include "tests/train/files/temporary_folder.h"

namespace heed {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(File, WhatIsWrittenIsReadBackBytesAndAll) {
  const TemporaryFolder folder;
  const std::string content("a\0b\r\n\xFF", 6);
  write_file(folder / "file", content);
  EXPECT_EQ(read_file(folder / "file"), content);
  write_file(folder / "file", "");
  EXPECT_EQ(read_file(folder / "file"), "");
}

TEST(File, AFailingWriterLeavesTheOldContentAndNothingBesideIt) {
  const TemporaryFolder folder;
  write_file(folder / "file", "old");
  const auto failing = [](std::ostream& out) {
    out << "half of the n";
    throw std::runtime_error("no more");
  };
  EXPECT_THROW(write_file(folder / "file", failing), std::runtime_error);
  EXPECT_EQ(read_file(folder / "file"), "old");
  EXPECT_FALSE(std::filesystem::exists(folder / "file.new"));
}

TEST(File, AFullDiskIsAnErrorThatNamesThePath) {
  const auto full = [](std::ostream& out) { out.setstate(std::ios::badbit); };
  const TemporaryFolder folder;
  write_file(folder / "file", "old");
  EXPECT_THAT([&] { write_file(folder / "file", full); },
              ThrowsMessage<std::runtime_error>(HasSubstr("file")));
  EXPECT_EQ(read_file(folder / "file"), "old");
}

TEST(File, AMissingFileAndAFolderAreErrorsWithTheReason) {
  const TemporaryFolder folder;
  EXPECT_THAT([&] { read_file(folder / "none"); },
              ThrowsMessage<std::runtime_error>(HasSubstr("No such file")));
  EXPECT_THAT([&] { read_file(folder.path()); },
              ThrowsMessage<std::runtime_error>(HasSubstr("Is a directory")));
  folder.write("file", "");
  EXPECT_THROW(make_folder(folder / "file" / "below"), std::runtime_error);
}

TEST(File, ASmallFileIsRefusedBeyondItsLimit) {
  const TemporaryFolder folder;
  const std::string largest(small_file_limit, 'x');
  folder.write("largest", largest);
  folder.write("larger", largest + "x");
  EXPECT_EQ(read_small_file(folder / "largest"), largest);
  EXPECT_THAT(error_of([&] { read_small_file(folder / "larger"); }),
              AllOf(HasSubstr("larger: expected a file of at most 1048576 bytes"),
                    HasSubstr("got 1048577")));
}

TEST(File, AMissingSmallFileIsAnErrorWithTheReason) {
  const TemporaryFolder folder;
  EXPECT_THAT(error_of([&] { read_small_file(folder / "none"); }), HasSubstr("No such file"));
}

}  // namespace
}  // namespace heed
