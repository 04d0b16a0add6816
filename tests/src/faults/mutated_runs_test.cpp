// Untrusted run directories: one of their files is mutated, a hundred thousand in all.

#include "tests/src/faults/run_readers.h"
#include "tests/src/files/mutated_files.h"

namespace heed {
namespace {

void expect_survival_of(const std::string& file, uint64_t stream) {
  const TemporaryFolder folder;
  expect_survival(run_reader(folder, file), stream, mutated_files / 4);
}

TEST(MutatedRuns, AreOpenedOrRefusedForTheirConfig) { expect_survival_of("config.toml", 10); }

TEST(MutatedRuns, AreOpenedOrRefusedForTheirVocabulary) {
  expect_survival_of("vocabulary.json", 11);
}

TEST(MutatedRuns, AreOpenedOrRefusedForTheirModel) {
  expect_survival_of("best/model.safetensors", 12);
}

TEST(MutatedRuns, AreOpenedOrRefusedForTheirState) { expect_survival_of("best/state.json", 13); }

}  // namespace
}  // namespace heed
