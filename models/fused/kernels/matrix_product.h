// The matrix product of kernels whose matrices fit into a core's cache, for files that are compiled
// once an instruction set. Large products are LibTorch's, which knows more of blocking.
#pragma once

#include "models/fused/kernels/vector.h"

namespace heed::HEED_ISA {
namespace {

/// A matrix with contiguous rows: element (i, k) at data[i * stride + k].
template <class Number>
struct ByRows {
  const Number* data;
  int64_t stride;
  ByRows from_row(int64_t i) const { return {data + i * stride, stride}; }
  ByRows from_column(int64_t k) const { return {data + k, stride}; }
};

/// One whose columns do, such as a transposed one: element (i, k) at data[k * stride + i].
template <class Number>
struct ByColumns {
  const Number* data;
  int64_t stride;
  ByColumns from_row(int64_t i) const { return {data + i, stride}; }
  ByColumns from_column(int64_t k) const { return {data + k * stride, stride}; }
};

// Where each row of a tile begins, so that going along it takes one index.
template <int rows, class Number>
struct Strip {
  const Number* row[rows];
  inline explicit Strip(ByRows<Number> a) {
#pragma GCC unroll 8
    for (int i = 0; i < rows; ++i) row[i] = a.data + i * a.stride;
  }
  inline Number at(int i, int64_t k) const { return row[i][k]; }
};

template <int rows, class Number>
struct Column {
  const Number* data;
  int64_t stride;
  inline explicit Column(ByColumns<Number> a) : data(a.data), stride(a.stride) {}
  inline Number at(int i, int64_t k) const { return data[k * stride + i]; }
};

template <int rows, class Number>
inline Strip<rows, Number> make_strip(ByRows<Number> a) {
  return Strip<rows, Number>(a);
}
template <int rows, class Number>
inline Column<rows, Number> make_strip(ByColumns<Number> a) {
  return Column<rows, Number>(a);
}

#if defined(__AVX512F__)
constexpr int tile_rows = 6, tile_vectors = 4;  // 24 sums in 32 registers
#else
constexpr int tile_rows = 6, tile_vectors = 2;  // 12 sums in 16 registers
#endif

enum class Into { set, add };  // C = A B or C += A B

// What a product is made of, for each type of number: a line of B, one number of A in every lane,
// and sum + one * line.
inline Vector load_line(const float* b) { return load(b); }
inline Vector load_line(const float* b, int64_t count) { return load_first(b, count); }
inline Vector spread(float a) { return all(a); }
inline void add_product(Vector& sum, Vector one, Vector line) { sum += one * line; }

#if defined(__AVX512BF16__)
/// Two bfloat16 numbers, neighbours along the depth, the first in the low half: a product of pairs
/// is two products and their sum, in float32.
typedef uint32_t Pair;
inline __m512bh load_line(const Pair* b) { return (__m512bh)_mm512_loadu_si512(b); }
inline __m512bh load_line(const Pair* b, int64_t count) {
  return (__m512bh)_mm512_maskz_loadu_epi32((__mmask16)((1u << count) - 1), b);
}
inline __m512bh spread(Pair a) { return (__m512bh)_mm512_set1_epi32((int)a); }
inline void add_product(Vector& sum, __m512bh one, __m512bh line) {
  sum = (Vector)_mm512_dpbf16_ps((__m512)sum, one, line);
}
#endif

/// C [rows, vectors * lanes] from A [rows, depth] and B [depth, ...], its sums held in registers.
/// With `ragged` only `last` numbers of the last vector are there.
template <int rows, int vectors, Into into, bool ragged, class Left, class Number>
inline void product_tile(Left left, const Number* b, int64_t b_row, float* c, int64_t c_row,
                         int64_t depth, int64_t last) {
  Vector sums[rows][vectors];
#pragma GCC unroll 8
  for (int i = 0; i < rows; ++i)
#pragma GCC unroll 8
    for (int v = 0; v < vectors; ++v) sums[i][v] = Vector{};
      // The lines of C are on their way while the sums are made.
#pragma GCC unroll 8
  for (int i = 0; i < rows; ++i)
#pragma GCC unroll 8
    for (int v = 0; v < vectors * lanes; v += 16) __builtin_prefetch(c + i * c_row + v, 1);
  const auto a = make_strip<rows>(left);
#pragma GCC unroll 2
  for (int64_t k = 0; k < depth; ++k) {
    decltype(load_line(b)) line[vectors];
#pragma GCC unroll 8
    for (int v = 0; v < vectors; ++v)
      line[v] = ragged && v == vectors - 1 ? load_line(b + k * b_row + v * lanes, last)
                                           : load_line(b + k * b_row + v * lanes);
#pragma GCC unroll 8
    for (int i = 0; i < rows; ++i) {
      const auto one = spread(a.at(i, k));
#pragma GCC unroll 8
      for (int v = 0; v < vectors; ++v) add_product(sums[i][v], one, line[v]);
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

template <int rows, int vectors, Into into, class Left, class Number>
inline void product_rows(Left a, const Number* b, int64_t b_row, float* c, int64_t c_row,
                         int64_t depth, int64_t last) {
  if (last > 0)
    product_tile<rows, vectors, into, true>(a, b, b_row, c, c_row, depth, last);
  else
    product_tile<rows, vectors, into, false>(a, b, b_row, c, c_row, depth, last);
}

/// A panel of `vectors` vectors: all m rows of it.
template <int vectors, Into into, class Left, class Number>
inline void product_panel(int64_t m, Left a, const Number* b, int64_t b_row, float* c,
                          int64_t c_row, int64_t depth, int64_t last) {
  int64_t i = 0;
  for (; i + tile_rows <= m; i += tile_rows)
    product_rows<tile_rows, vectors, into>(a.from_row(i), b, b_row, c + i * c_row, c_row, depth,
                                           last);
  switch (m - i) {
    case 5:
      product_rows<5, vectors, into>(a.from_row(i), b, b_row, c + i * c_row, c_row, depth, last);
      break;
    case 4:
      product_rows<4, vectors, into>(a.from_row(i), b, b_row, c + i * c_row, c_row, depth, last);
      break;
    case 3:
      product_rows<3, vectors, into>(a.from_row(i), b, b_row, c + i * c_row, c_row, depth, last);
      break;
    case 2:
      product_rows<2, vectors, into>(a.from_row(i), b, b_row, c + i * c_row, c_row, depth, last);
      break;
    case 1:
      product_rows<1, vectors, into>(a.from_row(i), b, b_row, c + i * c_row, c_row, depth, last);
      break;
    default:
      break;
  }
}

/// C [m, n] = or += A [m, depth] B [depth, n]. The rows of B and C are contiguous, A is
/// ByRows or ByColumns. C overlaps neither.
template <Into into, class Left, class Number>
inline void product(int64_t m, int64_t n, int64_t depth, Left a, const Number* b, int64_t b_row,
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
