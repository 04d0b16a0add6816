// Transposing in tiles that stay in the first cache, for files that are compiled once an
// instruction set.
#pragma once

#include <stdint.h>

namespace heed::HEED_ISA {
namespace {

template <class Number>
inline void transpose_tiles(const Number* from, int64_t rows, int64_t columns, int64_t first,
                            int64_t last, Number* to) {
  constexpr int64_t side = 16;
  for (int64_t j = 0; j < columns; j += side) {
    const int64_t j_end = j + side < columns ? j + side : columns;
    for (int64_t i = first; i < last; i += side) {
      const int64_t i_end = i + side < last ? i + side : last;
      for (int64_t c = j; c < j_end; ++c)
        for (int64_t r = i; r < i_end; ++r) to[c * rows + r] = from[r * columns + c];
    }
  }
}

}  // namespace
}  // namespace heed::HEED_ISA
