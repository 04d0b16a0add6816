#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <utility>
#include <vector>

#include "models/attention/attention_pattern.h"
#include "models/attention/patterns/pairs.h"

namespace heed {
namespace {

/// One step of splitmix64 (Steele, Lea and Flood 2014, "Fast splittable pseudorandom number
/// generators").
uint64_t mix(uint64_t value) {
  value += 0x9E3779B97F4A7C15;
  value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
  value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
  return value ^ (value >> 31);
}

/// The blocks of 2007.14062 (section 2): positions are taken in blocks of `block`; with i the block
/// of query q and j that of key k, q sees k if
///   |i - j| <= window_blocks, or i < global_blocks, or j < global_blocks, or j is one of i's
///   random blocks: of those that are left, with causality of those below i, the `random_blocks`
///   with the least hash of (pattern_seed, i, j).
/// With causality a row's random blocks are thus the same for every length. Without it there are
/// more blocks to choose from in a longer sequence, and some of a row's may be others.
class BlockRandomPattern : public AttentionPattern {
 public:
  void describe(OptionList& list) override {
    list.add("block", &block_, "positions in a block").at_least(1);
    list.add("global_blocks", &global_blocks_, "first blocks that see all and are seen by all")
        .at_least(0);
    list.add("window_blocks", &window_blocks_, "neighbours that a block sees on each side")
        .at_least(0);
    list.add("random_blocks", &random_blocks_, "further blocks that a block sees, drawn at random")
        .at_least(0);
    list.add("pattern_seed", &seed_, "of the random blocks").at_least(0);
  }

  at::Tensor mask(int64_t queries, int64_t keys, bool causal) const override {
    const Pairs pairs(queries, keys);
    const int64_t columns = keys == 0 ? 0 : (keys - 1) / block_ + 1;
    const int64_t first_row = std::min((keys - queries) / block_, columns);
    const auto allowed = block_mask(columns - first_row, columns, causal);
    const auto row = pairs.query.flatten().floor_divide(block_) - first_row;  // [T]
    const auto column = pairs.key.flatten().floor_divide(block_);             // [S]
    return allowed.index_select(0, row).index_select(1, column);              // [T, S]
  }

 private:
  // The last `rows` of `columns` blocks: [rows, columns].
  at::Tensor block_mask(int64_t rows, int64_t columns, bool causal) const {
    const Pairs blocks(rows, columns);
    auto allowed = blocks.nearer_than(std::min(window_blocks_, columns) + 1)
                       .logical_or_(blocks.query < global_blocks_)
                       .logical_or_(blocks.key < global_blocks_);
    auto entries = allowed.accessor<bool, 2>();
    for (int64_t i = 0; i < rows; ++i)
      for (const int64_t column : random_columns(columns - rows + i, columns, causal))
        entries[i][column] = true;
    return allowed;
  }

  std::vector<int64_t> random_columns(int64_t row, int64_t columns, bool causal) const {
    if (row < global_blocks_) return {};
    std::vector<std::pair<uint64_t, int64_t>> candidates;  // hashes and columns
    const uint64_t row_hash = mix(mix(static_cast<uint64_t>(seed_)) + static_cast<uint64_t>(row));
    for (int64_t column = global_blocks_; column < (causal ? row : columns); ++column)
      if (std::abs(row - column) > window_blocks_)
        candidates.emplace_back(mix(row_hash + static_cast<uint64_t>(column)), column);
    const auto count = std::min(random_blocks_, static_cast<int64_t>(candidates.size()));
    std::nth_element(candidates.begin(), candidates.begin() + count, candidates.end());
    std::vector<int64_t> chosen;
    for (int64_t i = 0; i < count; ++i) chosen.push_back(candidates[static_cast<size_t>(i)].second);
    return chosen;
  }

  int64_t block_ = 16;
  int64_t global_blocks_ = 1;
  int64_t window_blocks_ = 1;
  int64_t random_blocks_ = 1;
  int64_t seed_ = 1;
};

const Registration<AttentionPattern, BlockRandomPattern> block_random_registration{
    "block_random", "neighbouring, shared and randomly drawn blocks of positions (2007.14062)"};

}  // namespace
}  // namespace heed
