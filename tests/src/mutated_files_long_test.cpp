#include "tests/src/mutated_files.h"

namespace heed {
namespace {

TEST(MutatedFiles, AreReadOrRefusedAHundredThousandTimes) {
  const TemporaryFolder folder;
  uint64_t stream = 100;
  for (const auto& reader : file_readers(folder))
    expect_survival(reader, ++stream, 100'000, folder);
}

}  // namespace
}  // namespace heed
