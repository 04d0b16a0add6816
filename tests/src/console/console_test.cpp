#include "src/console/console.h"

#include <gmock/gmock.h>
#include <spdlog/spdlog.h>

#include "tests/train/files/temporary_folder.h"
#include "train/files/file.h"

namespace heed {
namespace {

TEST(Console, NumbersAreGroupedByThousands) {
  EXPECT_EQ(with_thousands(0), "0");
  EXPECT_EQ(with_thousands(999), "999");
  EXPECT_EQ(with_thousands(1000), "1,000");
  EXPECT_EQ(with_thousands(1234567), "1,234,567");
  EXPECT_EQ(with_thousands(-1234), "-1,234");
  EXPECT_EQ(with_thousands(-123), "-123");
}

TEST(Console, TheLogFileGetsEveryLine) {
  const TemporaryFolder folder;
  start_log();
  spdlog::info("before");
  log_to_file(folder / "log.txt");
  spdlog::info("during");
  stop_log_to_file();
  spdlog::info("after");
  const auto log = read_file(folder / "log.txt");
  EXPECT_THAT(log, ::testing::HasSubstr("during"));
  EXPECT_THAT(log, ::testing::Not(::testing::AnyOf(::testing::HasSubstr("before"),
                                                   ::testing::HasSubstr("after"))));
  EXPECT_THROW(log_to_file(folder / "log.txt" / "below"), std::runtime_error);
}

TEST(Console, ALogThatCannotBeWrittenIsOneErrorWithPathAndReason) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "there is no /dev/full here";
  start_log();
  log_to_file("/dev/full");
  EXPECT_THAT([] { spdlog::info("lost"); },
              ::testing::ThrowsMessage<std::runtime_error>(
                  ::testing::HasSubstr("/dev/full: No space left on device")));
  EXPECT_NO_THROW(spdlog::info("what is said of it"));
}

}  // namespace
}  // namespace heed
