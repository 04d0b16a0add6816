// The matrix product of kernels whose matrices fit into a core's cache, for files that are compiled
// once an instruction set. Large products are LibTorch's, which knows more of blocking.
#pragma once

#include "models/kernels/vector.h"

namespace heed::HEED_ISA {
namespace {

/// Element (i, j) at data[i * row + j * column].
struct Strided {
  const float* data;
  int64_t row, column;
};

#if defined(__AVX512F__)
constexpr int tile_rows = 6, tile_vectors = 4;  // 24 sums in 32 registers
#else
constexpr int tile_rows = 6, tile_vectors = 2;  // 12 sums in 16 registers
#endif

enum class Into { set, add };  // C = A B or C += A B

/// C [rows, vectors * lanes] from A [rows, depth] and B [depth, ...], its sums held in registers.
/// With `last` > 0 only so many numbers of the last vector are there.
template <int rows, int vectors, Into into, bool ragged>
inline void product_tile(Strided a, const float* b, int64_t b_row, float* c, int64_t c_row,
                         int64_t depth, int64_t last) {
  Vector sums[rows][vectors];
#pragma GCC unroll 8
  for (int i = 0; i < rows; ++i)
#pragma GCC unroll 8
    for (int v = 0; v < vectors; ++v) sums[i][v] = Vector{};
  for (int64_t k = 0; k < depth; ++k) {
    Vector line[vectors];
#pragma GCC unroll 8
    for (int v = 0; v < vectors; ++v)
      line[v] = ragged && v == vectors - 1 ? load_first(b + k * b_row + v * lanes, last)
                                           : load(b + k * b_row + v * lanes);
#pragma GCC unroll 8
    for (int i = 0; i < rows; ++i) {
      const Vector one = all(a.data[i * a.row + k * a.column]);
#pragma GCC unroll 8
      for (int v = 0; v < vectors; ++v) sums[i][v] += one * line[v];
    }
  }
#pragma GCC unroll 8
  for (int i = 0; i < rows; ++i)
#pragma GCC unroll 8
    for (int v = 0; v < vectors; ++v) {
      float* to = c + i * c_row + v * lanes;
      if (ragged && v == vectors - 1) {
        if (into == Into::add) sums[i][v] += load_first(to, last);
        store_first(to, sums[i][v], last);
      } else {
        if (into == Into::add) sums[i][v] += load(to);
        store(to, sums[i][v]);
      }
    }
}

template <int rows, int vectors, Into into>
inline void product_rows(Strided a, const float* b, int64_t b_row, float* c, int64_t c_row,
                         int64_t depth, int64_t last) {
  if (last > 0)
    product_tile<rows, vectors, into, true>(a, b, b_row, c, c_row, depth, last);
  else
    product_tile<rows, vectors, into, false>(a, b, b_row, c, c_row, depth, last);
}

/// A panel of `vectors` vectors: all m rows of it.
template <int vectors, Into into>
inline void product_panel(int64_t m, Strided a, const float* b, int64_t b_row, float* c,
                          int64_t c_row, int64_t depth, int64_t last) {
  int64_t i = 0;
  const auto from = [&](int64_t row) { return Strided{a.data + row * a.row, a.row, a.column}; };
  for (; i + tile_rows <= m; i += tile_rows)
    product_rows<tile_rows, vectors, into>(from(i), b, b_row, c + i * c_row, c_row, depth, last);
  switch (m - i) {
    case 5:
      product_rows<5, vectors, into>(from(i), b, b_row, c + i * c_row, c_row, depth, last);
      break;
    case 4:
      product_rows<4, vectors, into>(from(i), b, b_row, c + i * c_row, c_row, depth, last);
      break;
    case 3:
      product_rows<3, vectors, into>(from(i), b, b_row, c + i * c_row, c_row, depth, last);
      break;
    case 2:
      product_rows<2, vectors, into>(from(i), b, b_row, c + i * c_row, c_row, depth, last);
      break;
    case 1:
      product_rows<1, vectors, into>(from(i), b, b_row, c + i * c_row, c_row, depth, last);
      break;
    default:
      break;
  }
}

/// C [m, n] = or += A [m, depth] B [depth, n]. The rows of B and C lie in one piece; A may be any
/// view, a transposed one too. C overlaps neither.
template <Into into>
inline void product(int64_t m, int64_t n, int64_t depth, Strided a, const float* b, int64_t b_row,
                    float* c, int64_t c_row) {
  int64_t j = 0;
  for (; j + tile_vectors * lanes <= n; j += tile_vectors * lanes)
    product_panel<tile_vectors, into>(m, a, b + j, b_row, c + j, c_row, depth, 0);
  const int64_t whole = (n - j) / lanes, last = (n - j) % lanes;
  switch (whole + (last > 0)) {
#if defined(__AVX512F__)
    case 4:
      product_panel<4, into>(m, a, b + j, b_row, c + j, c_row, depth, last);
      break;
    case 3:
      product_panel<3, into>(m, a, b + j, b_row, c + j, c_row, depth, last);
      break;
#endif
    case 2:
      product_panel<2, into>(m, a, b + j, b_row, c + j, c_row, depth, last);
      break;
    case 1:
      product_panel<1, into>(m, a, b + j, b_row, c + j, c_row, depth, last);
      break;
    default:
      break;
  }
}

}  // namespace
}  // namespace heed::HEED_ISA
