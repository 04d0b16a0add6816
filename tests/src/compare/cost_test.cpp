#include "src/compare/cost.h"

#include <gmock/gmock.h>

#include "tests/train/files/temporary_folder.h"

namespace heed {
namespace {

TEST(PeakBytes, CountsWhatIsHeldAtOnceAndNotWhatWasReleased) {
  const auto kibibytes = [](int64_t count) { return at::empty({count * 256}, at::kFloat); };
  const auto before = kibibytes(64);
  const int64_t bytes = peak_bytes([&] {
    const auto kept = kibibytes(8);
    for (int i = 0; i < 10; ++i) kibibytes(16);
  });
  EXPECT_GE(bytes, 24 * 1024);
  EXPECT_LT(bytes, 26 * 1024);
}

ExperimentConfig config_of(const TemporaryFolder& folder, const std::string& model) {
  folder.write("c.toml", "[task]\nkind = \"copy\"\ngap = 4\nsymbols = 2\n[model]\n" + model);
  auto config = read_config(folder / "c.toml");
  prepare_task(config);
  return config;
}

TEST(CostByLength, MemoryOfWeightsThatAreKeptGrowsFasterThanLengthThatOfAllElseWithIt) {
  const TemporaryFolder folder;
  const auto growth = [&](const std::string& model) {
    const auto costs = cost_by_length(config_of(folder, model), {64, 256});
    EXPECT_EQ(costs.size(), 2u);
    EXPECT_GT(costs[0].step_seconds, 0);
    return costs[1].mebibytes / costs[0].mebibytes;
  };
  const std::string transformer = "kind = \"transformer\"\nlayers = 1\nheads = 4\nd_model = 8\n";
  EXPECT_GT(growth(transformer + "[train]\nkernels = \"reference\"\n"), 6);
  EXPECT_LT(growth(transformer), 4.5);  // in blocks, which recompute the weights
  EXPECT_LT(growth("kind = \"gru\"\nd_model = 8\n"), 4.5);
}

TEST(CostByLength, InferenceCarriesKeysAndValuesOrAFixedState) {
  const TemporaryFolder folder;
  const auto carried = [&](const std::string& model) {
    std::vector<int64_t> numbers;
    for (const auto& cost : cost_by_length(config_of(folder, model), {8, 16}))
      numbers.push_back(cost.state_numbers.value_or(-1));
    return numbers;
  };
  EXPECT_THAT(carried("kind = \"lstm\"\nlayers = 2\nd_model = 8\n"),
              ::testing::ElementsAre(32, 32));
  EXPECT_THAT(carried("kind = \"transformer\"\nlayers = 2\nheads = 2\nd_model = 8\n"),
              ::testing::ElementsAre(2 * 2 * 8 * 8, 2 * 2 * 8 * 16));
}

TEST(CostByLength, ALengthThatAModelCannotTakeIsLeftOut) {
  const TemporaryFolder folder;
  std::string rows;
  for (int i = 0; i < 12; ++i) rows += "1 1 1 1 1 1 1 1 1 1 1 1\n";
  folder.write("m.txt", rows);
  auto config =
      config_of(folder,
                "kind = \"transformer\"\nlayers = 1\nheads = 2\nd_model = 8\n[attention]\n"
                "pattern = \"matrix\"\nmatrix = \"" +
                    (folder / "m.txt").string() + "\"\n");
  build_model(config);
  const auto costs = cost_by_length(config, {8, 32});
  ASSERT_EQ(costs.size(), 1u);
  EXPECT_EQ(costs[0].length, 8);
}

}  // namespace
}  // namespace heed
