// Files from strangers: whatever is in them, a reader reads them or says what is wrong.

#include "tests/src/mutated_files.h"

namespace heed {
namespace {

TEST(MutatedFiles, AreReadOrRefused) {
  const TemporaryFolder folder;
  uint64_t stream = 0;
  for (const auto& reader : file_readers(folder))
    expect_survival(reader, ++stream, reader.from_path ? 4000 : 100'000, folder);
}

}  // namespace
}  // namespace heed
