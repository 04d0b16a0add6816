#pragma once

#include <cstdint>

#include "models/kernels/instruction_set.h"

namespace heed {

struct MatrixKernels {
  /// C [m, n] = A [m, depth] B [depth, n], added to what C holds if `add`. Element (i, k) of A is
  /// a[i * a_row + k * a_column], so that a transposed one needs no copy; the rows of B and C,
  /// whose starts are b_row and c_row apart, lie in one piece. On this thread.
  void (*product)(int64_t m, int64_t n, int64_t depth, const float* a, int64_t a_row,
                  int64_t a_column, const float* b, int64_t b_row, float* c, int64_t c_row,
                  bool add);
};

HEED_KERNEL_FAMILY(MatrixKernels, matrix_kernels)

}  // namespace heed
