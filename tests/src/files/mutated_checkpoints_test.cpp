// Untrusted checkpoints: one of their files is mutated.

#include "tests/src/faults/run_readers.h"
#include "tests/src/files/mutated_files.h"

namespace heed {
namespace {

void expect_survival_of(const std::string& file, uint64_t stream) {
  const TemporaryFolder folder;
  expect_survival(checkpoint_reader(folder, file), stream);
}

TEST(MutatedCheckpoints, AreReadOrRefusedForTheirState) { expect_survival_of("state.json", 7); }

TEST(MutatedCheckpoints, AreReadOrRefusedForTheirModel) {
  expect_survival_of("model.safetensors", 8);
}

TEST(MutatedCheckpoints, AreReadOrRefusedForTheirOptimizer) {
  expect_survival_of("optimizer.safetensors", 9);
}

}  // namespace
}  // namespace heed
