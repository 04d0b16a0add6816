#include "train/run_directory.h"

#include <gmock/gmock.h>

#include "tests/train/temporary_folder.h"
#include "train/file.h"

namespace heed {
namespace {

TEST(RunDirectory, HoldsARunOnceItsConfigIsThere) {
  const TemporaryFolder folder;
  const RunDirectory run(folder.path());
  EXPECT_FALSE(run.holds_run());
  write_file(run.config(), "");
  EXPECT_TRUE(run.holds_run());
}

TEST(RunDirectory, ClearingRemovesTheRunAndNothingElse) {
  const TemporaryFolder folder;
  const RunDirectory run(folder.path());
  write_file(run.config(), "");
  make_folder(run.last());
  write_file(run.last() / "state.json", "{}");
  folder.write("notes.txt", "mine");
  run.clear();
  EXPECT_FALSE(run.holds_run());
  EXPECT_FALSE(std::filesystem::exists(run.last()));
  EXPECT_EQ(read_file(folder / "notes.txt"), "mine");
}

TEST(RunDirectory, IsLockedForOneTrainingAtATime) {
  const TemporaryFolder folder;
  const RunDirectory run(folder / "run");
  {
    const RunLock first(run);
    EXPECT_THAT([&] { RunLock second(run); },
                ::testing::ThrowsMessage<std::runtime_error>(
                    ::testing::HasSubstr("another process is training")));
  }
  EXPECT_NO_THROW(RunLock third(run));
}

}  // namespace
}  // namespace heed
