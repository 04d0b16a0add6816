// Untrusted arrays and texts: a reader reads them or throws an error that explains why not.

#include "tests/src/files/mutated_files.h"

namespace heed {
namespace {

TEST(MutatedFiles, OfSafetensorsAreReadOrRefused) {
  const TemporaryFolder folder;
  expect_survival(safetensors_reader(folder), 1);
}

TEST(MutatedFiles, OfNpzAreReadOrRefused) {
  const TemporaryFolder folder;
  expect_survival(npz_reader(folder), 2);
}

TEST(MutatedFiles, OfNpyAreReadOrRefused) { expect_survival(npy_reader(), 3); }

TEST(MutatedFiles, OfIdxAreReadOrRefused) {
  const TemporaryFolder folder;
  expect_survival(idx_reader(folder), 4);
}

TEST(MutatedFiles, OfTextAreReadOrRefused) { expect_survival(text_reader(), 5); }

}  // namespace
}  // namespace heed
