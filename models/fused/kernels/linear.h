#pragma once

#include <cstdint>

#include "models/fused/kernels/instruction_set.h"
#include "models/fused/kernels/matrix.h"

namespace heed {

// Matrices are contiguous, row after row, unless a stride is given. All on the calling thread.

struct LinearKernels {
  /// output [n] = weight [n, depth] input [depth] + bias [n] (null: none), for n = last - first
  /// rows of the weight from `first` on: a product with one row, which reads the weight once.
  void (*row)(const float* input, const float* weight, const float* bias, int64_t depth,
              int64_t first, int64_t last, float* output);

  /// Adds `row` [width] to each of `rows` rows.
  void (*add_to_rows)(const float* row, int64_t rows, int64_t width, float* to);

  /// sums [columns] = or += the sum of rows [rows, columns].
  void (*column_sums)(const float* from, int64_t rows, int64_t columns, bool add, float* sums);
};

HEED_KERNEL_FAMILY(LinearKernels, linear_kernels)

/// Products of bfloat16 numbers, two in a `Pair`, neighbours along the depth; an odd depth is
/// filled up with a zero. Rounded to the nearest, ties to even; sums in float32.
struct LinearBf16Kernels {
  /// to [rows, (columns + 1) / 2]: pairs along each row.
  void (*pair_columns)(const float* from, int64_t rows, int64_t columns, uint32_t* to);

  /// to [(rows + 1) / 2, columns]: pairs of one row and the next.
  void (*pair_rows)(const float* from, int64_t rows, int64_t columns, uint32_t* to);

  PackedProductKernels<uint32_t> products;
};

/// Null where the compiler knew no avx512_bf16.
extern const LinearBf16Kernels* const compiled_linear_bf16_kernels;

/// Null where the CPU lacks avx512_bf16 too, or a plainer instruction set is chosen.
const LinearBf16Kernels* linear_bf16_kernels();

}  // namespace heed
