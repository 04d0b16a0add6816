#include "models/fused/row_blocks.h"

#include <ATen/Parallel.h>

#include <algorithm>

#include "models/compute.h"

namespace heed {
namespace {

constexpr int64_t tile_rows = 6;              // of one tile of a product
constexpr int64_t max_rows = 11 * tile_rows;  // of a block
constexpr int64_t blocks_per_thread = 4;      // so that one thread can take over blocks of another

// Fewer multiplications, about 10 us, do not pay for another thread.
constexpr int64_t min_block_work = 500'000;

int64_t quotient_up(int64_t a, int64_t b) { return (a + b - 1) / b; }
int64_t in_tiles(int64_t rows) { return quotient_up(rows, tile_rows) * tile_rows; }

}  // namespace

RowBlocks::RowBlocks(int64_t rows, int64_t multiplications) : rows_(rows) {
  if (rows == 0) return;
  const int64_t threads = at::in_parallel_region() ? 1 : at::get_num_threads();
  const int64_t shared = threads == 1 ? rows : quotient_up(rows, blocks_per_thread * threads);
  const int64_t min_rows = min_block_work / std::max<int64_t>(1, multiplications);
  const int64_t max_block = in_tiles(std::clamp<int64_t>(std::max(shared, min_rows), 1, max_rows));
  size_ = in_tiles(quotient_up(rows, quotient_up(rows, max_block)));  // all about the same
  count_ = quotient_up(rows, size_);
}

void RowBlocks::each(c10::function_ref<void(int64_t, int64_t, int64_t)> work) const {
  parallel_for(count_, 1, [&](int64_t begin, int64_t end) {
    for (int64_t block = begin; block < end; ++block)
      work(block, block * size_, std::min(size_, rows_ - block * size_));
  });
}

}  // namespace heed
