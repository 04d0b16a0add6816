// A hundred thousand steps need no more memory than a thousand.

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <vector>

#include "models/sequence_model.h"
#include "src/commands/program.h"
#include "src/experiment/config.h"
#include "tests/train/files/memory_limit.h"
#include "tests/train/files/temporary_folder.h"
#include "train/files/file.h"
#include "train/trainer.h"
#if HEED_TESTS_UNDER_ASAN
#include <sanitizer/allocator_interface.h>
#endif

namespace heed {
namespace {

constexpr int64_t settled = 1000, look_every = 1000;  // steps
constexpr int64_t most_growth = 1 << 20;              // bytes

// Resident memory; allocated memory under AddressSanitizer, which keeps freed memory for a while.
int64_t memory_in_use() {
#if HEED_TESTS_UNDER_ASAN
  return static_cast<int64_t>(__sanitizer_get_current_allocated_bytes());
#else
  std::ifstream status("/proc/self/statm");
  int64_t pages = 0;
  status >> pages >> pages;
  return pages * ::sysconf(_SC_PAGESIZE);
#endif
}

/// Reads the memory in use at intervals.
class MemoryObserver : public TrainObserver {
 public:
  MemoryObserver() { in_use.reserve(1000); }
  void on_step(const TrainingState& state, double) override {
    if (state.step >= settled && state.step % look_every == 0) in_use.push_back(memory_in_use());
  }
  void on_evaluation(const MetricsRow&, bool) override {}
  std::vector<int64_t> in_use;
};

void expect_flat(const std::string& model) {
  const TemporaryFolder folder;
  folder.write("tiny.toml",
               "[task]\nkind = \"grammar\"\nevaluation_rows = 4\n[model]\nkind = \"" + model +
                   "\"\nlayers = 1\nd_model = 8\ndropout = 0.1\n[train]\nsteps = 100000\n"
                   "batch = 1\ncontext = 8\neval_every = 250\ncheckpoint_every = 250\n"
                   "threads = 1\n");
  auto config = read_config(folder / "tiny.toml");
  prepare_task(config);
  const auto built = build_model(config);
  const RunDirectory run(folder / "run");
  make_folder(run.path());
  MemoryObserver observer;
  Trainer trainer(*built, *config.task, config.train, run, observer);
  ASSERT_EQ(trainer.train(false), StopReason::steps_done);
  const auto& in_use = observer.in_use;
  ASSERT_EQ(in_use.size(), 100U);
  const int64_t growth = *std::max_element(in_use.begin(), in_use.end()) - in_use.front();
  fmt::print("{}: {} bytes after {} steps, at most {} more up to 100,000\n", model, in_use.front(),
             settled, growth);
  EXPECT_LT(growth, most_growth);
}

class Soak : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { keep_freed_memory(); }  // as the program does
};

TEST_F(Soak, OfATransformerNeedsNoMoreMemory) { expect_flat("transformer"); }

TEST_F(Soak, OfAGruNeedsNoMoreMemory) { expect_flat("gru"); }

}  // namespace
}  // namespace heed
