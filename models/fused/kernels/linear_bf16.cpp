#include "models/fused/kernels/linear.h"

#if defined(__AVX512BF16__)

#include "models/fused/kernels/packed_product.h"

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

const LinearBf16Kernels kernels = {.pair_columns = pair_columns,
                                   .pair_rows = pair_rows,
                                   .products = packed_product_kernels<Pair>()};

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
