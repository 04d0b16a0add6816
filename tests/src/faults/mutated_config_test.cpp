// Untrusted configs and vocabularies.

#include "tests/src/faults/run_readers.h"
#include "tests/src/files/mutated_files.h"

namespace heed {
namespace {

TEST(MutatedFiles, OfConfigsAreReadOrRefused) {
  const TemporaryFolder folder;
  expect_survival(config_reader(folder), 6);
}

TEST(MutatedFiles, OfVocabulariesAreReadOrRefused) {
  const TemporaryFolder folder;
  expect_survival(vocabulary_reader(folder), 14);
}

}  // namespace
}  // namespace heed
