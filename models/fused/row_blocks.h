#pragma once

#include <c10/util/FunctionRef.h>

#include <cstdint>

namespace heed {

/// Cuts rows into blocks that stay in a core's second-level cache from one pass to the next.
class RowBlocks {
 public:
  /// `multiplications` per row decide how many rows pay for a thread.
  RowBlocks(int64_t rows, int64_t multiplications);

  int64_t count() const { return count_; }

  /// Calls work(block, first row, rows) for each block, on all threads.
  void each(c10::function_ref<void(int64_t block, int64_t first, int64_t rows)> work) const;

 private:
  int64_t rows_, count_ = 0, size_ = 1;
};

}  // namespace heed
