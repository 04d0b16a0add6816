// Products with a matrix that is packed once and used at every step of a sequence, for files that
// are compiled once an instruction set. The rows are few, so what is saved is the way from the
// second to the first cache: panels of B are narrow enough to stay in the first.
#pragma once

#include "models/kernels/matrix_product.h"

namespace heed::HEED_ISA {
namespace {

// A packed matrix [depth, columns] lies in panels, each in one piece: element (k, j) of the panel
// from column p on is at p * depth + k * width + j. `columns` is a multiple of 16, so that there
// are only whole vectors. A panel is at most as wide as a tile of the product, and all are about
// the same.
struct Panels {
  int64_t columns;
  int64_t count = (columns + tile_vectors * lanes - 1) / (tile_vectors * lanes);

  int64_t begin(int64_t panel) const { return columns / lanes * panel / count * lanes; }
  int64_t width(int64_t panel) const { return begin(panel + 1) - begin(panel); }
};

constexpr int64_t most_depth = 128;  // times a panel's width: what stays in the first cache

/// weight [width, depth], transposed, as the columns from `first` on of a matrix [depth, columns].
inline void pack_transposed(const float* weight, int64_t depth, int64_t width, int64_t first,
                            int64_t columns, float* packed) {
  const Panels panels{columns};
  for (int64_t p = 0; p < panels.count; ++p) {
    const int64_t begin = panels.begin(p), row = panels.width(p);
    for (int64_t j = 0; j < row; ++j) {
      const int64_t d = begin + j - first;
      for (int64_t k = 0; d >= 0 && d < width && k < depth; ++k)
        packed[begin * depth + k * row + j] = weight[d * depth + k];
    }
  }
}

/// matrix [depth, n], filled up with zeros to `columns` columns.
inline void pack_straight(const float* matrix, int64_t depth, int64_t n, int64_t columns,
                          float* packed) {
  const Panels panels{columns};
  for (int64_t p = 0; p < panels.count; ++p)
    for (int64_t k = 0; k < depth; ++k)
      for (int64_t j = panels.begin(p); j < panels.begin(p + 1); ++j)
        *packed++ = j < n ? matrix[k * n + j] : 0;
}

/// C [rows, vectors * lanes], rows from 1 to tile_rows.
template <int vectors, Into into, int rows = tile_rows>
inline void tile_of(int64_t count, Strided<float> a, const float* panel, float* c, int64_t c_row,
                    int64_t depth) {
  if constexpr (rows > 1)
    if (count < rows) return tile_of<vectors, into, rows - 1>(count, a, panel, c, c_row, depth);
  product_tile<rows, vectors, into, false>(a, panel, vectors * lanes, c, c_row, depth, 0);
}

/// The same for any number of rows, in tiles of about the same size.
template <Into into, int vectors = tile_vectors>
inline void panel_product(int64_t rows, int64_t width, Strided<float> a, const float* panel,
                          float* c, int64_t c_row, int64_t depth) {
  if constexpr (vectors > 1)
    if (width < vectors * lanes)
      return panel_product<into, vectors - 1>(rows, width, a, panel, c, c_row, depth);
  for (int64_t row = 0, tiles = (rows + tile_rows - 1) / tile_rows; tiles > 0; --tiles) {
    const int64_t count = (rows - row + tiles - 1) / tiles;
    tile_of<vectors, into>(count, {a.data + row * a.row, a.row, a.column}, panel, c + row * c_row,
                           c_row, depth);
    row += count;
  }
}

/// C_s [rows, columns] = or += A_s [rows, depth] B of several steps s, whose A and C are `a_step`
/// and `c_step` apart; B packed.
template <Into into>
void product_of_steps(int64_t steps, int64_t rows, int64_t depth, int64_t columns, Strided<float> a,
                      int64_t a_step, const float* packed, float* c, int64_t c_step,
                      int64_t c_row) {
  const Panels panels{columns};
  const int64_t parts = (depth + most_depth - 1) / most_depth;
  for (int64_t p = 0; p < panels.count; ++p)
    for (int64_t part = 0; part < parts; ++part) {
      const int64_t begin = panels.begin(p), width = panels.width(p);
      const int64_t k = depth * part / parts, some = depth * (part + 1) / parts - k;
      const float* const panel = packed + begin * depth + k * width;
      const auto product = part > 0 ? panel_product<Into::add> : panel_product<into>;
      for (int64_t s = 0; s < steps; ++s)
        product(rows, width, {a.data + s * a_step + k * a.column, a.row, a.column}, panel,
                c + s * c_step + begin, c_row, some);
    }
}

// As RecurrentKernels has it. The panels of B are copied, since rows that are a power of two apart
// would fight for the same places of the cache.
inline void add_outer_products(int64_t depth, int64_t m, const float* a, int64_t a_row,
                               const float* b, int64_t b_row, int64_t first, int64_t last, float* c,
                               int64_t c_row, float* sums) {
  float copied[most_depth * tile_vectors * lanes];
  const Panels panels{last - first};
  for (int64_t begin = 0; begin < depth; begin += most_depth) {
    const int64_t rows = begin + most_depth < depth ? most_depth : depth - begin;
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
      panel_product<Into::add>(m, width, {a + begin * a_row, 1, a_row}, copied, c + column, c_row,
                               rows);
    }
  }
}

}  // namespace
}  // namespace heed::HEED_ISA
