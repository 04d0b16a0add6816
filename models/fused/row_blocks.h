#pragma once

#include <c10/util/FunctionRef.h>

#include <cstdint>

namespace heed {

/// Rows in blocks whose numbers stay in a core's second cache from one pass over them to the next.
class RowBlocks {
 public:
  /// Of `rows` rows with so many multiplications each, which decide how many are worth a thread.
  RowBlocks(int64_t rows, int64_t multiplications);

  int64_t count() const { return count_; }

  /// Calls work(block, first row, rows) for each of them, on all threads.
  void each(c10::function_ref<void(int64_t block, int64_t first, int64_t rows)> work) const;

 private:
  int64_t rows_, count_ = 0, size_ = 1;
};

}  // namespace heed
