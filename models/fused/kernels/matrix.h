#pragma once

#include <cstdint>

#include "models/fused/kernels/instruction_set.h"

namespace heed {

/// Products with a matrix B that is packed first: copied into panels of columns that are read from
/// end to end. Number: float, or a pair of bfloat16 (linear.h), of which the depth is then counted.
/// All on the calling thread.
template <class Number>
struct PackedProductKernels {
  /// How many panels B [depth, n] has, and how many numbers it takes when it is packed.
  int64_t (*panels)(int64_t n);
  int64_t (*packed_size)(int64_t depth, int64_t n);

  /// The panels [first, last) of B. Its element (k, j) is from[k * stride + j], or, `transposed`,
  /// from[j * stride + k].
  void (*pack)(int64_t depth, int64_t n, const Number* from, int64_t stride, bool transposed,
               int64_t first, int64_t last, Number* packed);

  /// C [m, n] = A [m, depth] B, added to what C holds if `add`. Element (i, k) of A is
  /// a[i * stride + k], or, `transposed`, a[k * stride + i]. The rows of C are contiguous,
  /// their starts c_row apart.
  void (*product)(int64_t m, int64_t n, int64_t depth, const Number* a, int64_t stride,
                  bool transposed, const Number* packed, float* c, int64_t c_row, bool add);
};

using MatrixKernels = PackedProductKernels<float>;

HEED_KERNEL_FAMILY(MatrixKernels, matrix_kernels)

}  // namespace heed
