#include "train/tasks/permutation_task.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>

#include "tests/train/tasks/pair_rows.h"

namespace heed {
namespace {

/// The source with its first symbol at the end.
class RotateTask : public PermutationTask {
  TaskCard card() const override { return {}; }

  std::vector<int64_t> order(const std::vector<int64_t>& source) const override {
    std::vector<int64_t> positions;
    for (int64_t position = 1; position < std::ssize(source); ++position)
      positions.push_back(position);
    positions.push_back(0);
    return positions;
  }
};

std::unique_ptr<Task> rotate(int64_t symbols, int64_t min_length, int64_t max_length,
                             uint64_t seed = 1) {
  auto task = std::make_unique<RotateTask>();
  OptionList list;
  task->describe(list);
  *std::get<int64_t*>(list.find("symbols")->target) = symbols;
  *std::get<int64_t*>(list.find("min_length")->target) = min_length;
  *std::get<int64_t*>(list.find("max_length")->target) = max_length;
  task->check();
  task->prepare({.seed = seed});
  return task;
}

TEST(PermutationTask, TheTargetTakesTheSourcesSymbolsInTheGivenOrder) {
  for (const auto& row : pair_rows(rotate(5, 3, 3)->batch(Split::train, 0, 50))) {
    ASSERT_EQ(row.target, (std::vector<int64_t>{row.source[1], row.source[2], row.source[0]}));
    ASSERT_EQ(row.alignment, (std::vector<int64_t>{1, 2, 0}));
  }
}

TEST(PermutationTask, LengthsAndSymbolsAreDrawnEvenlyWithinTheirBounds) {
  std::map<size_t, int> lengths;
  std::map<int64_t, int> symbols;
  for (const auto& row : pair_rows(rotate(4, 3, 7)->batch(Split::train, 0, 5000))) {
    ++lengths[row.source.size()];
    for (const int64_t symbol : row.source) ++symbols[symbol];
  }
  ASSERT_EQ(lengths.size(), 5u);
  EXPECT_EQ(lengths.begin()->first, 3u);
  EXPECT_EQ(lengths.rbegin()->first, 7u);
  for (const auto& [length, count] : lengths) EXPECT_NEAR(count, 1000, 150) << length;
  ASSERT_EQ(symbols.size(), 4u);
  EXPECT_EQ(symbols.rbegin()->first, 3);
  for (const auto& [symbol, count] : symbols) EXPECT_NEAR(count, 6250, 400) << symbol;
}

TEST(PermutationTask, TheShapeFollowsFromTheOptions) {
  const auto task = rotate(4, 3, 7);
  EXPECT_EQ(task->source_tokenizer()->decode({0, 3}), "a d");
  EXPECT_EQ(task->shape().source_vocabulary, 4);
  EXPECT_EQ(task->shape().vocabulary, 6);
  EXPECT_EQ(task->shape().max_source_length, 7);
  EXPECT_EQ(task->shape().max_length, 8);
}

TEST(PermutationTask, SplitsAndSeedsDrawDifferentRows) {
  const auto rows = [](uint64_t seed, Split split) {
    return pair_rows(rotate(16, 10, 20, seed)->batch(split, 0, 20));
  };
  const auto train = rows(1, Split::train);
  EXPECT_EQ(train, rows(1, Split::train));
  EXPECT_NE(train, rows(2, Split::train));
  EXPECT_NE(train, rows(1, Split::validation));
  EXPECT_NE(rows(1, Split::test), rows(1, Split::validation));
}

TEST(PermutationTask, ALongestSourceShorterThanTheShortestIsRefused) {
  EXPECT_THAT([] { rotate(4, 8, 7); },
              ::testing::ThrowsMessage<OptionError>("expected at least min_length = 8, got 7"));
}

}  // namespace
}  // namespace heed
