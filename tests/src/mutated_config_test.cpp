// Configs from strangers.

#include "src/config.h"
#include "tests/src/mutated_files.h"
#include "tests/train/temporary_folder.h"

namespace heed {
namespace {

TEST(MutatedFiles, OfConfigsAreReadOrRefused) {
  const TemporaryFolder folder;
  const std::string sound =
      "name = \"tiny\"\nseed = 3\n[task]\nkind = \"grammar\"\nevaluation_rows = 8\n[model]\n"
      "kind = \"transformer\"\nlayers = 1\nheads = 2\nd_model = 16\n[train]\nsteps = 10\n"
      "lr = 1e-3\n[attention]\npattern = \"local\"\nwindow = 4\n";
  expect_survival_at(folder / "mutated.toml", sound, 6,
                     [&] { read_config(folder / "mutated.toml"); });
}

}  // namespace
}  // namespace heed
