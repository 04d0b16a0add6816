// Vectors of floats as wide as the instruction set has them, for the files that are compiled once
// an instruction set. Nothing here is visible outside of the file that includes it: a function
// that the linker could merge with its namesakes would bring AVX-512 to CPUs without it. For the
// same reason these files include no header of the standard library but for plain types.
#pragma once

#include <stddef.h>
#include <stdint.h>

#if defined(__AVX2__)
#include <immintrin.h>
#endif

#ifndef HEED_ISA
#error "compiled by models/CMakeLists.txt alone, which names the instruction set"
#endif

namespace heed::HEED_ISA {
namespace {

inline int64_t min(int64_t a, int64_t b) { return a < b ? a : b; }
inline int64_t max(int64_t a, int64_t b) { return a > b ? a : b; }

#if defined(__AVX512F__)
constexpr int64_t lanes = 16;
#elif defined(__AVX2__)
constexpr int64_t lanes = 8;
#else
constexpr int64_t lanes = 4;
#endif

typedef float Vector __attribute__((vector_size(4 * lanes)));
typedef int32_t IntVector __attribute__((vector_size(4 * lanes)));

inline Vector all(float value) { return value - Vector{}; }

inline Vector load(const float* from) {
  Vector v;
  __builtin_memcpy(&v, from, sizeof v);
  return v;
}

inline void store(float* to, Vector v) { __builtin_memcpy(to, &v, sizeof v); }

inline IntVector lane_numbers() {
  IntVector v;
#pragma GCC unroll 16
  for (int32_t i = 0; i < lanes; ++i) v[i] = i;
  return v;
}

/// The first `count` of a vector, 0 <= count <= lanes; the others read as zero.
inline Vector load_first(const float* from, int64_t count) {
#if defined(__AVX512F__)
  return (Vector)_mm512_maskz_loadu_ps((__mmask16)((1u << count) - 1), from);
#elif defined(__AVX2__)
  return (Vector)_mm256_maskload_ps(from, (__m256i)(lane_numbers() < (int32_t)count));
#else
  Vector v = {};
  for (int64_t i = 0; i < count; ++i) v[i] = from[i];
  return v;
#endif
}

inline void store_first(float* to, Vector v, int64_t count) {
#if defined(__AVX512F__)
  _mm512_mask_storeu_ps(to, (__mmask16)((1u << count) - 1), (__m512)v);
#elif defined(__AVX2__)
  _mm256_maskstore_ps(to, (__m256i)(lane_numbers() < (int32_t)count), (__m256)v);
#else
  for (int64_t i = 0; i < count; ++i) to[i] = v[i];
#endif
}

/// Calls work(offset, count) for each vector of a row; count < lanes only in the last one.
template <class Work>
inline void along(int64_t width, Work work) {
  int64_t j = 0;
  for (; j + lanes <= width; j += lanes) work(j, lanes);
  if (j < width) work(j, width - j);
}

/// A whole vector, or the first of one.
inline Vector read(const float* from, int64_t count) {
  return count == lanes ? load(from) : load_first(from, count);
}

inline void write(float* to, Vector v, int64_t count) {
  if (count == lanes)
    store(to, v);
  else
    store_first(to, v, count);
}

inline Vector pick(IntVector condition, Vector yes, Vector no) { return condition ? yes : no; }
inline Vector maximum(Vector a, Vector b) { return a > b ? a : b; }
inline Vector absolute(Vector v) { return (Vector)((IntVector)v & 0x7fffffff); }
inline Vector copy_sign(Vector magnitude, Vector sign) {
  return (Vector)((IntVector)magnitude | ((IntVector)sign & (int32_t)0x80000000));
}

#ifdef __clang__
template <class Number, Number...>
struct Numbers {};
template <class Place, int... l>
inline Vector shuffle_lanes(Vector a, Vector b, Place place, Numbers<int, l...>) {
  return __builtin_shufflevector(a, b, place(l)...);
}
#endif

/// Lane l is lane place(l) of the two vectors side by side. `place` keeps nothing.
template <class Place>
inline Vector shuffle(Vector a, Vector b, Place place) {
#ifdef __clang__
  return shuffle_lanes(a, b, place, __make_integer_seq<Numbers, int, lanes>{});
#else
  IntVector places;
#pragma GCC unroll 16
  for (int32_t l = 0; l < lanes; ++l) places[l] = place(l);
  return __builtin_shuffle(a, b, places);
#endif
}

// Each lane and the one whose number differs in the bit `step`. Not the intrinsics that reduce
// vectors: GCC 12 warns of what they leave undefined.
template <int step>
inline Vector lanes_across(Vector v) {
  return shuffle(v, v, [](int l) { return l ^ step; });
}

inline float sum(Vector v) {
  if constexpr (lanes >= 16) v += lanes_across<8>(v);
  if constexpr (lanes >= 8) v += lanes_across<4>(v);
  v += lanes_across<2>(v);
  v += lanes_across<1>(v);
  return v[0];
}

inline float lane_max(Vector v) {
  if constexpr (lanes >= 16) v = maximum(v, lanes_across<8>(v));
  if constexpr (lanes >= 8) v = maximum(v, lanes_across<4>(v));
  v = maximum(v, lanes_across<2>(v));
  v = maximum(v, lanes_across<1>(v));
  return v[0];
}

/// e^x within 2 units in the last place; 0 below -87.3, where the result would be subnormal, for
/// -inf too; infinity above 88.7. NaN stays NaN.
inline Vector exponential(Vector x) {
  const Vector lowest = all(-87.3365f), highest = all(88.7228f);
  const Vector inside = x < lowest ? lowest : (x > highest ? highest : x);
  // x = n ln 2 + r with |r| <= ln 2 / 2: adding 1.5 * 2^23 rounds n to an integer, whose bits are
  // then the lowest of the sum.
  const Vector shifter = all(12582912.0f);
  const Vector shifted = inside * 1.44269504f + shifter;
  const Vector n = shifted - shifter;
  const Vector r = (inside - n * 0.693359375f) - n * -2.12194440e-4f;
  // e^r by its Taylor series to r^7.
  Vector p = all(1.0f / 5040);
  p = p * r + 1.0f / 720;
  p = p * r + 1.0f / 120;
  p = p * r + 1.0f / 24;
  p = p * r + 1.0f / 6;
  p = p * r + 0.5f;
  p = p * (r * r) + r + 1.0f;
  // 2^n in two factors, since n may be 128.
  const IntVector bits = (IntVector)shifted - (IntVector)shifter;
  const IntVector half = bits >> 1;
  const Vector low = (Vector)((half + 127) << 23), high = (Vector)((bits - half + 127) << 23);
  const Vector result = p * low * high;
  const Vector bounded = x < lowest ? all(0) : (x > highest ? all(__builtin_inff()) : result);
  return x == x ? bounded : x;  // NOLINT(misc-redundant-expression): NaN
}

/// e^x as exponential() gives it, for x that rounding alone can bring above zero: no number is too
/// large for it. Of NaN it makes any number.
inline Vector exp_nonpositive(Vector x) {
  const Vector lowest = all(-87.3365f);
  const Vector shifter = all(12582912.0f);  // see exponential()
  const Vector shifted = x * 1.44269504f + shifter;
  const Vector n = shifted - shifter;
  const Vector r = (x - n * 0.693359375f) - n * -2.12194440e-4f;
  Vector p = all(1.0f / 720);
  p = p * r + 1.0f / 120;
  p = p * r + 1.0f / 24;
  p = p * r + 1.0f / 6;
  p = p * r + 0.5f;
  p = p * (r * r) + r + 1.0f;
  const Vector result = (Vector)((IntVector)p + ((IntVector)shifted << 23));
  return x < lowest ? Vector{} : result;
}

inline Vector logistic(Vector x) { return 1.0f / (1.0f + exponential(-x)); }

/// Within 4 units in the last place.
inline Vector hyperbolic_tangent(Vector x) {
  const Vector size = absolute(x);
  // Near zero 1 - 2 / (e^2x + 1) would lose digits: there the odd series of tanh, to x^13.
  const Vector square = x * x;
  Vector p = all(-5.70498872745e-3f);
  p = p * square + 2.06390887954e-2f;
  p = p * square + -5.37397155531e-2f;
  p = p * square + 1.33314422036e-1f;
  p = p * square + -3.33332819422e-1f;
  const Vector near = p * square * x + x;
  const Vector far = copy_sign(1.0f - 2.0f / (exponential(size + size) + 1.0f), x);
  return size < 0.625f ? near : (x == x ? far : x);  // NOLINT(misc-redundant-expression): NaN
}

/// The error function within 1.5e-7 (Abramowitz & Stegun 7.1.26). `e_minus_square` is e^(-x^2).
inline Vector error_function(Vector x, Vector e_minus_square) {
  const Vector t = 1.0f / (1.0f + 0.3275911f * absolute(x));
  Vector p = all(1.061405429f);
  p = p * t + -1.453152027f;
  p = p * t + 1.421413741f;
  p = p * t + -0.284496736f;
  p = p * t + 0.254829592f;
  return copy_sign(1.0f - p * t * e_minus_square, x);
}

}  // namespace
}  // namespace heed::HEED_ISA
