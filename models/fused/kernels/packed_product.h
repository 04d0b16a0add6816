// Products with a matrix that is packed first, so that its numbers are in the order in which they
// are read, for files that are compiled once an instruction set.
#pragma once

#include "models/fused/kernels/matrix.h"
#include "models/fused/kernels/matrix_product.h"
#include "models/fused/kernels/transpose.h"

namespace heed::HEED_ISA {
namespace {

// A packed matrix [depth, n] is stored in contiguous panels: element (k, j) of the panel from
// column p on is at p * depth + k * width + j. A panel is at most as wide as a tile of the product,
// and all are about the same; they are whole vectors, padded with zeros after the last column.
struct Panels {
  int64_t n;
  int64_t vectors = (n + lanes - 1) / lanes;
  int64_t count = (vectors + tile_vectors - 1) / tile_vectors;

  int64_t begin(int64_t panel) const { return vectors * panel / count * lanes; }
  int64_t width(int64_t panel) const { return begin(panel + 1) - begin(panel); }
};

// Times a panel's width: what stays in the first cache, or is soon there from the second.
constexpr int64_t max_depth = 256;

/// A matrix to be packed: element (k, j) at data[k * stride + j], or transposed, at
/// data[j * stride + k].
struct Unpacked {
  const float* data;
  int64_t stride;
  bool transposed;
};

// Rows of `vectors` whole vectors, each row in one go, since its numbers share a line of the cache.
template <int vectors>
inline void copy_rows(int64_t rows, const float* from, int64_t from_row, float* to,
                      int64_t to_row) {
  for (int64_t k = 0; k < rows; ++k, from += from_row, to += to_row)
#pragma GCC unroll 4
    for (int v = 0; v < vectors; ++v) store(to + v * lanes, load(from + v * lanes));
}

// The columns [j, j + count) into as many vectors of a panel so wide.
inline void pack_columns(int64_t depth, Unpacked from, int64_t j, int64_t count, float* to,
                         int64_t width) {
  if (from.transposed) {
    for (int64_t k = 0; k < depth; k += lanes)
      along(count, [&](int64_t v, int64_t there) {
        transpose_lanes(from.data + (j + v) * from.stride + k, from.stride, there,
                        depth - k < lanes ? depth - k : lanes, to + k * width + v, width);
      });
  } else if (count == tile_vectors * lanes) {
    copy_rows<tile_vectors>(depth, from.data + j, from.stride, to, width);
  } else {
    along(count, [&](int64_t v, int64_t there) {
      for (int64_t k = 0; k < depth; ++k)
        store(to + k * width + v, read(from.data + k * from.stride + j + v, there));
    });
  }
}

/// The panels [first, last) of B [depth, n].
inline void pack(int64_t depth, int64_t n, Unpacked from, int64_t first, int64_t last,
                 float* packed) {
  const Panels panels{n};
  for (int64_t p = first; p < last; ++p) {
    const int64_t begin = panels.begin(p), width = panels.width(p);
    pack_columns(depth, from, begin, n - begin < width ? n - begin : width, packed + begin * depth,
                 width);
  }
}

/// B [depth, n] as the columns from `first` on, a multiple of `lanes`, of a larger packed matrix
/// [depth, columns].
inline void pack_within(int64_t depth, int64_t n, Unpacked from, int64_t first, int64_t columns,
                        float* packed) {
  const Panels panels{columns};
  int64_t panel = 0;
  for (int64_t j = 0; j < n;) {
    while (panels.begin(panel + 1) <= first + j) ++panel;
    const int64_t begin = panels.begin(panel), end = panels.begin(panel + 1) - first;
    const int64_t count = n < end ? n - j : end - j;
    pack_columns(depth, from, j, count, packed + begin * depth + first + j - begin,
                 panels.width(panel));
    j += count;
  }
}

/// C [rows, vectors * lanes], rows from 1 to tile_rows, of which only `last` columns are there in
/// the last vector; 0: all.
template <int vectors, Into into, int rows = tile_rows, class Left, class Number>
inline void multiply_tile(int64_t count, Left a, const Number* panel, float* c, int64_t c_row,
                          int64_t depth, int64_t last) {
  if constexpr (rows > 1)
    if (count < rows)
      return multiply_tile<vectors, into, rows - 1>(count, a, panel, c, c_row, depth, last);
  if (last == 0) {
    product_tile<rows, vectors, into, false>(a, panel, vectors * lanes, c, c_row, depth, 0);
    return;
  }
  constexpr int64_t width = vectors * lanes;
  float whole[rows * width];
  product_tile<rows, vectors, Into::set, false>(a, panel, width, whole, width, depth, 0);
  for (int64_t i = 0; i < rows; ++i)
    along(width - lanes + last, [&](int64_t j, int64_t numbers) {
      float* to = c + i * c_row + j;
      const Vector sum = read(whole + i * width + j, numbers);
      write(to, into == Into::add ? sum + read(to, numbers) : sum, numbers);
    });
}

/// The same for any number of rows, in tiles of about the same size, and a panel `width` wide.
template <Into into, int vectors = tile_vectors, class Left, class Number>
inline void panel_product(int64_t rows, int64_t width, Left a, const Number* panel, float* c,
                          int64_t c_row, int64_t depth, int64_t last) {
  if constexpr (vectors > 1)
    if (width < vectors * lanes)
      return panel_product<into, vectors - 1>(rows, width, a, panel, c, c_row, depth, last);
  for (int64_t row = 0, tiles = (rows + tile_rows - 1) / tile_rows; tiles > 0; --tiles) {
    const int64_t count = (rows - row + tiles - 1) / tiles;
    multiply_tile<vectors, into>(count, a.from_row(row), panel, c + row * c_row, c_row, depth,
                                 last);
    row += count;
  }
}

/// C_s [rows, n] = or += A_s [rows, depth] B of several steps s, whose A and C are `a_step` and
/// `c_step` apart; B packed.
template <Into into, class Left, class Number>
void product_of_steps(int64_t steps, int64_t rows, int64_t depth, int64_t n, Left a, int64_t a_step,
                      const Number* packed, float* c, int64_t c_step, int64_t c_row) {
  const Panels panels{n};
  const int64_t parts = (depth + max_depth - 1) / max_depth;
  for (int64_t p = 0; p < panels.count; ++p)
    for (int64_t part = 0; part < parts; ++part) {
      const int64_t begin = panels.begin(p), width = panels.width(p);
      const int64_t k = depth * part / parts, some = depth * (part + 1) / parts - k;
      const Number* const panel = packed + begin * depth + k * width;
      const int64_t last = p + 1 == panels.count ? n % lanes : 0;
      const auto product = part > 0 ? panel_product<Into::add, tile_vectors, Left, Number>
                                    : panel_product<into, tile_vectors, Left, Number>;
      for (int64_t s = 0; s < steps; ++s) {
        const Left of_step{a.data + s * a_step, a.stride};
        product(rows, width, of_step.from_column(k), panel, c + s * c_step + begin, c_row, some,
                last);
      }
    }
}

/// See PackedProductKernels. Pairs are packed as the bits that they are.
template <class Number>
constexpr PackedProductKernels<Number> packed_product_kernels() {
  static_assert(sizeof(Number) == sizeof(float));
  return {
      .panels = [](int64_t n) { return Panels{n}.count; },
      .packed_size = [](int64_t depth, int64_t n) { return Panels{n}.vectors * lanes * depth; },
      .pack =
          [](int64_t depth, int64_t n, const Number* from, int64_t stride, bool transposed,
             int64_t first, int64_t last, Number* packed) {
            pack(depth, n, {(const float*)from, stride, transposed}, first, last, (float*)packed);
          },
      .product =
          [](int64_t m, int64_t n, int64_t depth, const Number* a, int64_t stride, bool transposed,
             const Number* packed, float* c, int64_t c_row, bool add) {
            const auto multiply = [&](auto left) {
              if (add)
                product_of_steps<Into::add>(1, m, depth, n, left, 0, packed, c, 0, c_row);
              else
                product_of_steps<Into::set>(1, m, depth, n, left, 0, packed, c, 0, c_row);
            };
            if (transposed)
              multiply(ByColumns<Number>{a, stride});
            else
              multiply(ByRows<Number>{a, stride});
          }};
}

// As RecurrentKernels has it. The panels of B are copied, since rows that are a power of two apart
// would fight for the same places of the cache.
inline void add_outer_products(int64_t depth, int64_t m, const float* a, int64_t a_row,
                               const float* b, int64_t b_row, int64_t first, int64_t last, float* c,
                               int64_t c_row, float* sums) {
  float copied[max_depth * tile_vectors * lanes];
  const Panels panels{last - first};
  for (int64_t begin = 0; begin < depth; begin += max_depth) {
    const int64_t rows = begin + max_depth < depth ? max_depth : depth - begin;
    for (int64_t p = 0; p < panels.count; ++p) {
      const int64_t column = first + panels.begin(p), width = panels.width(p);
      for (int64_t j = 0; j < width; j += lanes) {
        Vector sum = {};
        for (int64_t k = 0; k < rows; ++k) {
          const Vector v = load(b + (begin + k) * b_row + column + j);
          store(copied + k * width + j, v);
          sum += v;
        }
        store(sums + column + j, load(sums + column + j) + sum);
      }
      panel_product<Into::add>(m, width, ByColumns<float>{a + begin * a_row, a_row},
                               (const float*)copied, c + column, c_row, rows, 0);
    }
  }
}

}  // namespace
}  // namespace heed::HEED_ISA
