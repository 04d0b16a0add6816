#include <gmock/gmock.h>

#include <cstdlib>
#include <vector>

#include "tests/models/attention/patterns/pattern_of.h"

namespace heed {
namespace {

struct Blocks {
  int64_t block = 1, global = 0, window = 0, random = 1, seed = 1;

  std::shared_ptr<AttentionPattern> pattern() const {
    return pattern_of("block_random", {{"block", block},
                                       {"global_blocks", global},
                                       {"window_blocks", window},
                                       {"random_blocks", random},
                                       {"pattern_seed", seed}});
  }
  at::Tensor mask(int64_t length, bool causal) const {
    return pattern()->mask(length, length, causal);
  }
};

uint64_t splitmix64(uint64_t& state) {
  uint64_t z = (state += 0x9e3779b97f4a7c15U);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31);
}

uint64_t hash_of(int64_t seed, int64_t row, int64_t column) {
  auto state = static_cast<uint64_t>(seed);
  state = splitmix64(state) + static_cast<uint64_t>(row);
  state = splitmix64(state) + static_cast<uint64_t>(column);
  return splitmix64(state);
}

// The definition for one pair of blocks: what is always seen, and else the rank of its hash.
bool block_seen(const Blocks& blocks, int64_t row, int64_t column, int64_t count, bool causal) {
  const auto always = [&](int64_t other) {
    return std::abs(row - other) <= blocks.window || row < blocks.global || other < blocks.global;
  };
  if (always(column)) return true;
  if (causal && column > row) return false;
  int64_t before = 0;
  for (int64_t other = 0; other < (causal ? row : count); ++other)
    before +=
        !always(other) && hash_of(blocks.seed, row, other) < hash_of(blocks.seed, row, column);
  return before < blocks.random;
}

TEST(BlockRandom, EqualsItsDefinitionPairByPair) {
  for (const auto& blocks : {Blocks{.block = 1}, Blocks{.block = 3, .global = 1, .window = 1},
                             Blocks{.block = 4, .global = 2, .window = 0, .random = 2, .seed = 9},
                             Blocks{.block = 2, .window = 2, .random = 3}})
    for (const int64_t length : {1, 2, 7, 24, 41})
      for (const bool causal : {false, true}) {
        const int64_t count = (length + blocks.block - 1) / blocks.block;
        const auto expected = mask_by_loops(length, [&](int64_t q, int64_t k) {
          return block_seen(blocks, q / blocks.block, k / blocks.block, count, causal);
        });
        EXPECT_TRUE(blocks.mask(length, causal).equal(expected))
            << "block " << blocks.block << ", length " << length << ", causal " << causal;
      }
}

// So that a run repeats with another build of the program: computed apart from it.
TEST(BlockRandom, ASeedAlwaysGivesTheSameBlocks) {
  const auto mask = Blocks{.seed = 1}.mask(12, true);
  std::vector<int64_t> chosen;
  for (int64_t row = 1; row < 12; ++row)
    chosen.push_back(mask[row].narrow(0, 0, row).nonzero().item<int64_t>());
  EXPECT_THAT(chosen, testing::ElementsAre(0, 1, 2, 0, 4, 0, 6, 7, 0, 3, 1));
}

TEST(BlockRandom, DrawsAllRemainingBlocksIfThereAreFew) {
  const Blocks blocks{.block = 2, .global = 1, .window = 1, .random = 3};
  const auto mask = blocks.mask(40, true);
  for (int64_t row = 1; row < 20; ++row) {
    // Seen from the row's first query, by the first key of each block below the window.
    const auto left = std::max<int64_t>(row - 2, 0);
    const auto below = mask[2 * row].slice(0, 2, 2 * left + 2, 2);
    EXPECT_EQ(below.sum().item<int64_t>(), std::min<int64_t>(left, 3)) << row;
  }
}

TEST(BlockRandom, KeepsTheExpectedShareOfPairs) {
  // 16 blocks of 4. Shared: 16 + 15 of them. Window on the other 15: 15 * 3 - 2. And one random
  // block for each of these 15 rows.
  const Blocks blocks{.block = 4, .global = 1, .window = 1, .random = 1};
  EXPECT_EQ(pairs_kept(*blocks.pattern(), 64, false), 16 * (31 + 43 + 15));
  // Causal: a shared column (16), neighbours (14) and own blocks (15), of which diagonal ones are
  // halved; a random block from row 3 on (13).
  EXPECT_EQ(pairs_kept(*blocks.pattern(), 64, true), 16 * (15 + 14 + 13) + 16 * 10);
}

TEST(BlockRandom, DependsOnlyOnTheSeed) {
  EXPECT_TRUE(Blocks{.seed = 5}.mask(64, false).equal(Blocks{.seed = 5}.mask(64, false)));
  EXPECT_FALSE(Blocks{.seed = 5}.mask(64, false).equal(Blocks{.seed = 6}.mask(64, false)));
  EXPECT_FALSE(Blocks{.seed = 5}.mask(64, true).equal(Blocks{.seed = 6}.mask(64, true)));
}

TEST(BlockRandom, DrawsEvenlyAmongTheBlocks) {
  std::vector<int64_t> counts(8, 0);
  for (int64_t seed = 0; seed < 400; ++seed)
    ++counts[static_cast<size_t>(
        Blocks{.seed = seed}.mask(9, true)[8].narrow(0, 0, 8).nonzero().item<int64_t>())];
  // 50 each, give or take 4 standard deviations of 6.6.
  for (size_t block = 0; block < 8; ++block)
    EXPECT_NEAR(static_cast<double>(counts[block]), 50, 27) << block;
}

}  // namespace
}  // namespace heed
