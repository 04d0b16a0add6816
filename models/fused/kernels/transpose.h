// Transposing in registers, for files that are compiled once an instruction set.
#pragma once

#include "models/fused/kernels/vector.h"

namespace heed::HEED_ISA {
namespace {

// Exchanges, of each pair of rows `step` apart, the halves of each 2 * step lanes that are
// crosswise.
template <int step>
inline void exchange(Vector (&rows)[lanes]) {
  const auto low = [](int l) { return l & step ? l - step + (int)lanes : l; };
  const auto high = [](int l) { return l & step ? l + (int)lanes : l + step; };
#pragma GCC unroll 16
  for (int i = 0; i < lanes; ++i) {
    if (i & step) continue;
    const Vector a = rows[i], b = rows[i + step];
    rows[i] = shuffle(a, b, low);
    rows[i + step] = shuffle(a, b, high);
  }
}

inline void transpose_square(Vector (&rows)[lanes]) {
  exchange<1>(rows);
  exchange<2>(rows);
  if constexpr (lanes >= 8) exchange<4>(rows);
  if constexpr (lanes >= 16) exchange<8>(rows);
}

/// to [columns, lanes] = from [rows, columns] transposed, neither of them above `lanes`. What there
/// is no row for becomes zero. The starts of their rows are `from_row` and `to_row` apart.
inline void transpose_part(const float* from, int64_t from_row, int64_t rows, int64_t columns,
                           float* to, int64_t to_row) {
  Vector block[lanes];
#pragma GCC unroll 16
  for (int i = 0; i < lanes; ++i)
    block[i] = i < rows ? read(from + i * from_row, columns) : Vector{};
  transpose_square(block);
#pragma GCC unroll 16
  for (int i = 0; i < lanes; ++i)
    if (i < columns) store(to + i * to_row, block[i]);
}

/// The sum of each vector, in as many lanes.
inline Vector sums_of_lanes(Vector (&vectors)[lanes]) {
  transpose_square(vectors);
  Vector total = vectors[0];
#pragma GCC unroll 16
  for (int i = 1; i < lanes; ++i) total += vectors[i];
  return total;
}

inline void transpose_lanes(const float* from, int64_t from_row, int64_t rows, int64_t columns,
                            float* to, int64_t to_row) {
  if (rows == lanes && columns == lanes)
    transpose_part(from, from_row, lanes, lanes, to, to_row);
  else
    transpose_part(from, from_row, rows, columns, to, to_row);
}

}  // namespace
}  // namespace heed::HEED_ISA
