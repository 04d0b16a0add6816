#include "models/kernels/linear.h"

#if defined(__AVX512BF16__)

#include "models/kernels/matrix_product.h"
#include "models/kernels/transpose.h"

namespace heed::HEED_ISA {
namespace {

// 16 numbers as bfloat16, each in the low half of its lane.
inline __m512i rounded(Vector v) {
  return _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh((__m512)v));
}

void pair_rows(const float* from, int64_t rows, int64_t columns, uint32_t* to) {
  for (int64_t i = 0; i < rows; i += 2)
    for (int64_t j = 0; j < columns; j += lanes) {
      const int64_t count = columns - j < lanes ? columns - j : lanes;
      const float* at = from + i * columns + j;
      const __m512i low = rounded(load_first(at, count));
      const __m512i high =
          i + 1 < rows ? rounded(load_first(at + columns, count)) : _mm512_setzero_si512();
      _mm512_mask_storeu_epi32(to + i / 2 * columns + j, (__mmask16)((1u << count) - 1),
                               _mm512_or_si512(low, _mm512_slli_epi32(high, 16)));
    }
}

void pair_columns(const float* from, int64_t rows, int64_t columns, uint32_t* to) {
  const int64_t pairs = (columns + 1) / 2;
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < columns; j += lanes) {
      const int64_t count = columns - j < lanes ? columns - j : lanes;
      const Vector v = load_first(from + i * columns + j, count);
      _mm256_mask_storeu_epi32(to + i * pairs + j / 2, (__mmask8)((1u << ((count + 1) / 2)) - 1),
                               (__m256i)_mm512_cvtneps_pbh((__m512)v));
    }
}

void transpose(const uint32_t* from, int64_t rows, int64_t columns, int64_t first, int64_t last,
               uint32_t* to) {
  transpose_tiles(from, rows, columns, first, last, to);
}

void product_of(int64_t m, int64_t n, int64_t depth, const uint32_t* a, int64_t a_row,
                int64_t a_column, const uint32_t* b, int64_t b_row, float* c, int64_t c_row,
                bool add) {
  const Strided<Pair> from{a, a_row, a_column};
  if (add)
    product<Into::add>(m, n, depth, from, b, b_row, c, c_row);
  else
    product<Into::set>(m, n, depth, from, b, b_row, c, c_row);
}

const LinearBf16Kernels kernels = {.pair_columns = pair_columns,
                                   .pair_rows = pair_rows,
                                   .transpose = transpose,
                                   .product = product_of};

}  // namespace
}  // namespace heed::HEED_ISA

namespace heed {

const LinearBf16Kernels* const compiled_linear_bf16_kernels = &HEED_ISA::kernels;

}  // namespace heed

#else

namespace heed {

const LinearBf16Kernels* const compiled_linear_bf16_kernels = nullptr;

}  // namespace heed

#endif
