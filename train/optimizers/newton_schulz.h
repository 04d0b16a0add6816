#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

namespace heed {

/// p(x) = a x + b x^3 + c x^5
struct OddPolynomial {
  double a = 1, b = 0, c = 0;

  double operator()(double x) const { return x * (a + x * x * (b + x * x * c)); }
};

/// The odd polynomial of degree 5 whose largest distance from 1 on [low, high] is smallest: it
/// touches 1 - e, 1 + e, 1 - e, 1 + e in turn (Remez exchange). 0 < low < high.
OddPolynomial closest_to_one(double low, double high);

/// How far from 1 a singular value may be after the last of the polynomials below.
constexpr double polar_tolerance = 0.3;

/// Polynomials to apply one after the other, each the best for the interval that the ones before
/// leave (Polar Express, 2505.16932, algorithm 1 and section 3.4). Together they map [floor, 1]
/// into [1 - polar_tolerance, 1 + polar_tolerance], where `floor` is the smallest number for which
/// `steps` polynomials can: 0.04, 0.01, 0.0025, 0.0006 for 2, 3, 4, 5 steps.
std::vector<OddPolynomial> polar_polynomials(int64_t steps);

/// Brings each of the matrices [n, R, C] close to U V^T, where U S V^T is its singular value
/// decomposition, by matrix products alone: p(X) = a X + b (X X^T) X + c (X X^T)^2 X acts on the
/// singular values. Computes in `type` and returns it, [n, R, C]. A matrix of zeros stays zero.
at::Tensor orthogonalise(const at::Tensor& matrices, const std::vector<OddPolynomial>& polynomials,
                         at::ScalarType type);

/// The type in which these products are fastest and accurate enough for `values`: bfloat16 for
/// float32 on a GPU or on a CPU that multiplies it (avx512_bf16), else the type of `values`.
at::ScalarType newton_schulz_type(const at::Tensor& values);

}  // namespace heed
