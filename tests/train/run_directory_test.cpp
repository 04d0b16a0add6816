#include "train/run_directory.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <fstream>

#include "tests/train/files/temporary_folder.h"
#include "train/files/file.h"

namespace {

int removals_left = -1;  // until one fails; below 0: none does

bool removal_fails() {
  if (removals_left == 0) errno = EIO;
  return removals_left >= 0 && removals_left-- <= 0;
}

}  // namespace

// The functions by which the standard library removes files. The linker prefers these to the C
// library's.
extern "C" int unlinkat(int folder, const char* name, int flags) noexcept {
  return removal_fails() ? -1 : static_cast<int>(::syscall(SYS_unlinkat, folder, name, flags));
}
extern "C" int remove(const char* name) noexcept {
  if (removal_fails()) return -1;
  const auto file = ::syscall(SYS_unlinkat, AT_FDCWD, name, 0);
  return static_cast<int>(
      file == 0 || errno != EISDIR ? file : ::syscall(SYS_unlinkat, AT_FDCWD, name, AT_REMOVEDIR));
}

namespace heed {
namespace {

TEST(RunDirectory, HoldsARunOnceItsConfigIsThere) {
  const TemporaryFolder folder;
  const RunDirectory run(folder.path());
  EXPECT_FALSE(run.holds_run());
  write_file(run.config(), "");
  EXPECT_TRUE(run.holds_run());
}

TEST(RunDirectory, ClearingRemovesOnlyTheRunsFiles) {
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

TEST(RunDirectory, WhateverInterruptsClearingItHoldsARunAndNoHalfOfACheckpoint) {
  const std::vector<std::string> checkpoints = {"last", "last.old", "last.new", "best"};
  bool cleared = false;
  for (int removals = 0; !cleared; ++removals) {
    const TemporaryFolder folder;
    const RunDirectory run(folder.path());
    write_file(run.config(), "");
    for (const auto& name : checkpoints)
      for (const char* file : {"model.safetensors", "optimizer.safetensors", "state.json"}) {
        make_folder(folder / name);
        write_file(folder / name / file, "");
      }
    removals_left = removals;
    try {
      run.clear();
      cleared = true;
    } catch (const std::runtime_error&) {
    }
    removals_left = -1;
    EXPECT_NE(run.holds_run(), cleared) << removals;
    for (const auto& name : checkpoints)
      for (const char* file : {"model.safetensors", "optimizer.safetensors"}) {
        EXPECT_TRUE(std::filesystem::exists(folder / name / file) ||
                    !std::filesystem::exists(folder / name / "state.json"))
            << name << ", " << removals;
      }
    ASSERT_LT(removals, 100);
  }
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

MetricsRow row(int64_t step) {
  Evaluation validation{.loss = 1.0 / 3};
  validation.scores.count("agreement", "", "", true);
  validation.scores.count("agreement", "distance", "1", true);
  return {.step = step,
          .tokens = 10 * step,
          .learning_rate = 0.1,
          .train_loss = 2.5,
          .validation = validation};
}

TEST(MetricsLog, HasAHeaderAndOneRowPerEvaluationWithAllDigits) {
  const TemporaryFolder folder;
  const MetricsLog log(folder / "metrics.csv");
  log.start();
  log.append(row(1));
  log.append(row(2));
  EXPECT_EQ(read_file(folder / "metrics.csv"),
            "step,tokens,train_seconds,lr,train_loss,val_loss,val_loss_error,agreement\n"
            "1,10,0,0.1,2.5,0.3333333333333333,0,1\n"
            "2,20,0,0.1,2.5,0.3333333333333333,0,1\n");
}

TEST(MetricsLog, RewindingDropsLaterRowsAndARowThatWasCutShort) {
  const TemporaryFolder folder;
  const MetricsLog log(folder / "metrics.csv");
  log.start();
  for (const int64_t step : {5, 10, 15}) log.append(row(step));
  std::ofstream(folder / "metrics.csv", std::ios::app) << "1";
  log.rewind(10);
  const auto kept = read_file(folder / "metrics.csv");
  EXPECT_THAT(kept, ::testing::StartsWith("step,"));
  EXPECT_EQ(std::count(kept.begin(), kept.end(), '\n'), 3);
  log.append(row(11));
  EXPECT_THAT(read_file(folder / "metrics.csv"),
              ::testing::HasSubstr("\n10,100,0,0.1,2.5,0.3333333333333333,0,1\n11,"));
}

TEST(MetricsLog, AFileThatCannotBeWrittenIsAnError) {
  const TemporaryFolder folder;
  EXPECT_THAT([&] { MetricsLog(folder / "none" / "metrics.csv").append(row(1)); },
              ::testing::ThrowsMessage<std::runtime_error>(
                  ::testing::HasSubstr("none/metrics.csv: No such file or directory")));
}

}  // namespace
}  // namespace heed
