// Faults of the system during training: a full disk, a file size limit, a run directory that cannot
// be written or is gone, two trainings in one. Each ends with an error that names the path and the
// reason, and the last checkpoint can be resumed.

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <sys/resource.h>

#include <algorithm>
#include <map>
#include <optional>

#include "tests/src/commands/program.h"
#include "tests/src/faults/checked_run.h"
#include "tests/src/faults/forked_program.h"
#include "tests/src/faults/small_disk.h"
#include "train/data/random.h"

namespace heed {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Key;

using Settings = std::vector<std::string>;

// The first writes mostly checkpoints, the second mostly rows of metrics and lines of the log.
const Settings saves_often = {"train.eval_every=5", "train.checkpoint_every=5",
                              "analysis.every=10"};
const Settings logs_often = {"train.eval_every=1", "train.checkpoint_every=1000",
                             "train.lr=1e-30",     "train.warmup=0",
                             "train.steps=80",     "model.heads=1",
                             "model.d_model=2",    "model.kind=gru"};

class DiskFaults : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { no_mounts_ = enter_private_mounts(); }

  DiskFaults() {
    folder_.write("tiny.toml",
                  "[task]\nkind = \"grammar\"\nevaluation_rows = 4\n[model]\n"
                  "kind = \"transformer\"\nlayers = 1\nheads = 2\nd_model = 16\ndropout = 0.1\n"
                  "[train]\nsteps = 20\nbatch = 2\ncontext = 12\nthreads = 1\n"
                  "[analysis]\nsentences = 2\n");
  }

  Settings training(const fs::path& run, const Settings& settings) const {
    Settings arguments = {"train", (folder_ / "tiny.toml").string(), "--run", run.string(),
                          "--resume"};
    for (const auto& setting : settings) arguments.insert(arguments.end(), {"--set", setting});
    return arguments;
  }

  void train_well(const fs::path& run, const Settings& settings) const {
    const auto ended = forked_heed(training(run, settings));
    ASSERT_EQ(ended.status, 0) << ended.output;
  }

  /// The last line is an error that names a path below `where` and the reason. Counts the named
  /// files.
  void expect_error(const Ended& ended, const fs::path& where, const std::string& reason) {
    EXPECT_EQ(ended.status, 1) << ended.output;
    auto line = ended.output.substr(0, ended.output.find_last_not_of('\n') + 1);
    line.erase(0, line.rfind('\n') + 1);
    EXPECT_THAT(
        line, AllOf(::testing::StartsWith("heed: "), HasSubstr(where.string()), HasSubstr(reason)));
    const auto start = line.find(where.string()) + where.string().size();
    ++met_[line.substr(start, line.find(": ", start) - start)];
  }

  std::string met() const {
    std::vector<std::string> counts;
    for (const auto& [file, count] : met_) counts.push_back(fmt::format("{} {}", file, count));
    return fmt::format("{}", fmt::join(counts, ", "));
  }

  const TemporaryFolder folder_;
  std::map<std::string, int> met_;
  static inline std::string no_mounts_;
};

/// `count` seeded random numbers of bytes from 0 to `most`.
std::vector<uint64_t> sizes(uint64_t stream, int count, uint64_t most) {
  std::vector<uint64_t> result;
  for (int number = 0; number < count; ++number)
    result.push_back(static_cast<uint64_t>(
        Random(1, stream, static_cast<uint64_t>(number)).below(static_cast<int64_t>(most) + 1)));
  return result;
}

void limit_file_size(uint64_t bytes) {
  const rlimit limit{.rlim_cur = bytes, .rlim_max = bytes};
  ::setrlimit(RLIMIT_FSIZE, &limit);
}

class FullDisk : public DiskFaults {
 protected:
  void SetUp() override {
    if (!no_mounts_.empty()) GTEST_SKIP() << no_mounts_;
  }

  /// Trains on an empty disk. Returns the bytes that the run needs.
  uint64_t whole(const Settings& settings) {
    const auto before = whole_disk_.emplace().free_bytes();
    train_well(whole_run(), settings);
    return before - whole_disk_->free_bytes();
  }
  fs::path whole_run() const { return whole_disk_->path() / "run"; }

  /// Trains with `free` bytes of disk space; then resumes on the same disk with enough space.
  void train_with(uint64_t free, const Settings& settings) {
    SCOPED_TRACE(fmt::format("{} bytes free", free));
    SmallDisk disk;
    disk.fill_up_to(free);
    const RunDirectory run(disk.path() / "run");
    const auto ended = forked_heed(training(run.path(), settings));
    if (ended.status != 0)
      expect_error(ended, run.path(), "No space left on device");
    else
      ++fitted_;
    disk.empty();
    expect_readable(run);
    train_well(run.path(), settings);
    expect_same_end(RunDirectory(whole_run()), run);
  }

  std::optional<SmallDisk> whole_disk_;
  int fitted_ = 0;
};

TEST_F(FullDisk, EndsATrainingWithAnErrorAndItsCheckpointResumes) {
  const auto need = whole(saves_often);
  for (const auto free : sizes(1, 30, 2 * need)) train_with(free, saves_often);
  fmt::print("30 disks, {} large enough; full at: {}\n", fitted_, met());
  EXPECT_GT(fitted_, 0);
  EXPECT_GT(met_.size(), 2U);
}

TEST_F(FullDisk, CanStopEachFileOfARun) {
  const auto need = whole(logs_often), page = static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
  for (uint64_t free = 0; free <= need; free += page) train_with(free, logs_often);
  fmt::print("{} disks, {} large enough; full at: {}\n", need / page + 1, fitted_, met());
  for (const char* file :
       {"/config.toml", "/vocabulary.json", "/log.txt", "/metrics.csv", "/summary.json",
        "/best.new/model.safetensors", "/last.new/model.safetensors"})
    EXPECT_THAT(met_, Contains(Key(file)));
}

TEST_F(FullDisk, EndsARecordingWithAnErrorAndKeepsTheRun) {
  whole(saves_often);
  const auto out = whole_disk_->path() / "out";
  for (const bool one_file : {false, true})
    for (const auto free : sizes(2, 15, 160'000)) {
      SCOPED_TRACE(fmt::format("{} bytes free", free));
      whole_disk_->fill_up_to(free);
      Settings arguments = {"attend", whole_run().string(), "--sample", "3",         "--figures",
                            "none",   "--safetensors",      "--out",    out.string()};
      if (one_file) arguments.push_back("--one-file");
      const auto ended = forked_heed(arguments);
      if (ended.status != 0)
        expect_error(ended, out, "No space left on device");
      else
        ++fitted_;
      fs::remove_all(out);
    }
  fmt::print("30 recordings, {} with room; full at: {}\n", fitted_, met());
  EXPECT_GT(fitted_, 0);
  EXPECT_GT(met_.size(), 2U);
  expect_readable(RunDirectory(whole_run()));
}

TEST_F(FullDisk, ThatIsReadOnlyIsReadButNotWritten) {
  whole(saves_often);
  const auto run = whole_run();
  whole_disk_->make_read_only(true);
  expect_error(forked_heed(training(run, saves_often)), run, "Read-only file system");
  expect_error(forked_heed({"attend", run.string(), "--sample", "1"}), run,
               "Read-only file system");
  const auto evaluated = forked_heed({"evaluate", run.string()});
  EXPECT_EQ(evaluated.status, 0) << evaluated.output;
  const auto elsewhere =
      forked_heed({"attend", run.string(), "--sample", "1", "--out", (folder_ / "out").string()});
  EXPECT_EQ(elsewhere.status, 0) << elsewhere.output;
  whole_disk_->make_read_only(false);
  train_well(run, saves_often);
}

TEST_F(DiskFaults, AFileSizeLimitIsAnErrorAndNoSignal) {
  const RunDirectory whole(folder_ / "whole");
  train_well(whole.path(), saves_often);
  const auto largest = fs::file_size(whole.last() / "optimizer.safetensors");
  int fitted = 0, number = 0;
  for (const auto size : sizes(3, 20, largest + largest / 4)) {
    SCOPED_TRACE(fmt::format("{} bytes at most", size));
    const RunDirectory run(folder_ / fmt::format("run{}", ++number));
    const auto ended =
        forked_heed(training(run.path(), saves_often), [size] { limit_file_size(size); });
    if (ended.status != 0)
      expect_error(ended, run.path(), "File too large");
    else
      ++fitted;
    expect_readable(run);
    train_well(run.path(), saves_often);
    expect_same_end(whole, run);
  }
  fmt::print("20 limits, {} large enough; met by: {}\n", fitted, met());
  EXPECT_GT(fitted, 0);
  EXPECT_GT(met_.size(), 1U);
}

TEST_F(DiskFaults, AFileSizeLimitEndsARecordingWithAnError) {
  const auto run = folder_ / "run", out = folder_ / "out";
  train_well(run, saves_often);
  for (const auto size : sizes(4, 10, 6000)) {
    SCOPED_TRACE(fmt::format("{} bytes at most", size));
    const auto ended = forked_heed({"attend", run.string(), "--sample", "1", "--figures", "none",
                                    "--safetensors", "--out", out.string()},
                                   [size] { limit_file_size(size); });
    expect_error(ended, out, "File too large");
  }
  fmt::print("10 limits; met by: {}\n", met());
  EXPECT_GT(met_.size(), 1U);
}

TEST_F(DiskFaults, OutputThatCannotBeWrittenIsAnError) {
  train_well(folder_ / "run", saves_often);
  const auto ended = forked_heed({"evaluate", (folder_ / "run").string()},
                                 [] { ::dup2(::open("/dev/full", O_WRONLY), 1); });
  EXPECT_EQ(ended.status, 1);
  EXPECT_THAT(ended.output, HasSubstr("the standard output: No space left on device"));
}

/// A training that runs until it is stopped.
class LongTraining : public DiskFaults {
 protected:
  void start() {
    program_.emplace(training(run_.path(), {"train.steps=1000000", "train.checkpoint_every=5"}));
    while (program_->running() && !checkpoint_exists(run_.last())) std::this_thread::yield();
  }

  RunDirectory run_{folder_ / "run"};
  std::optional<Program> program_;
};

TEST_F(LongTraining, FailsIfItsRunDirectoryIsRemovedAndDoesNotRecreateIt) {
  start();
  std::error_code ignored;  // it may write into a folder that is being removed
  while (fs::exists(run_.path())) fs::remove_all(run_.path(), ignored);
  EXPECT_EQ(program_->status(), 1);
  const auto output = program_->err();
  expect_error({.status = 1, .output = output}, run_.path(), "No such file or directory");
  EXPECT_FALSE(fs::exists(run_.path()));
}

TEST_F(LongTraining, LocksItsRunDirectory) {
  start();
  for (const std::string how : {"--resume", "--force"}) {
    const auto second = forked_heed(
        {"train", (folder_ / "tiny.toml").string(), "--run", run_.path().string(), how});
    expect_error(second, run_.path(), "another process is training in");
  }
  EXPECT_TRUE(program_->running());
  program_->send(SIGKILL);
  EXPECT_EQ(program_->status(), -SIGKILL);
  train_well(run_.path(), {"train.steps=1", "train.checkpoint_every=5"});
}

}  // namespace
}  // namespace heed
