#include "train/files/spool_file.h"

#include <gmock/gmock.h>

#include "tests/train/files/temporary_folder.h"

namespace heed {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

std::string read(const SpoolFile& spool, uint64_t offset, size_t count) {
  std::string bytes(count, '?');
  bytes.resize(spool.read(offset, bytes.data(), count));
  return bytes;
}

TEST(SpoolFile, GivesBackWhatCameFromAnyPlace) {
  const TemporaryFolder folder;
  SpoolFile spool(folder / "target");
  EXPECT_EQ(spool.size(), 0U);
  spool.append("abc");
  EXPECT_EQ(read(spool, 1, 2), "bc");
  spool.append({});
  spool.append(std::string_view("d\0e", 3));
  EXPECT_EQ(spool.size(), 6U);
  EXPECT_EQ(read(spool, 2, 100), std::string("cd\0e", 4));
  EXPECT_EQ(read(spool, 0, 1), "a");
}

TEST(SpoolFile, IsNotVisibleInItsFolder) {
  const TemporaryFolder folder;
  SpoolFile first(folder / "target"), second(folder / "target");
  first.append("a");
  second.append("b");
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
  EXPECT_EQ(read(first, 0, 1) + read(second, 0, 1), "ab") << "two of one target are apart";
}

TEST(SpoolFile, ErrorsNameTheTarget) {
  const TemporaryFolder folder;
  SpoolFile spool(folder / "target");
  spool.append("abc");
  EXPECT_THAT([&] { read(spool, 3, 1); },
              ThrowsMessage<std::runtime_error>(HasSubstr((folder / "target").string())));
  SpoolFile nowhere(folder / "absent" / "target");
  EXPECT_THAT([&] { nowhere.append("a"); },
              ThrowsMessage<std::runtime_error>(
                  AllOf(HasSubstr("absent/target"), HasSubstr("No such file or directory"))));
}

}  // namespace
}  // namespace heed
