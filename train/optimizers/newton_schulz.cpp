#include "train/optimizers/newton_schulz.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace heed {
namespace {

// The smallest start of an interval, as a share of its end. A polynomial for a wider interval would
// press values in its middle down to almost zero, by differences that bfloat16 cannot represent.
constexpr double narrowest = 0.024;

// Each interval is extended by this factor: a polynomial is steep beyond the interval's end, where
// bfloat16's rounding errors would grow from one polynomial to the next.
constexpr double margin = 1.03;

// The lower bound, after `steps` polynomials, of singular values in [floor, 1].
double reached_from(double floor, int64_t steps, std::vector<OddPolynomial>& polynomials) {
  polynomials.clear();
  double low = floor, high = margin;
  for (int64_t step = 0; step < steps; ++step) {
    const double designed_low = std::max(low, narrowest * high);
    polynomials.push_back(closest_to_one(designed_low, high));
    const auto& p = polynomials.back();
    high = margin * (2 - p(designed_low));  // as far above 1 as that is below
    low = p(low);
  }
  return low;
}

// The odd polynomial with p(x_i) = 1 - e, 1 + e, 1 - e, 1 + e. In t = x^2, p(x) / x is of degree 2,
// so that its third divided difference is zero; that gives e, and three of the points the rest.
OddPolynomial touching(const std::array<double, 4>& x) {
  std::array<double, 4> t{}, y{};
  for (size_t i = 0; i < 4; ++i) t[i] = x[i] * x[i];
  double ones = 0, signs = 0;
  for (size_t i = 0; i < 4; ++i) {
    double weight = 1 / x[i];
    for (size_t j = 0; j < 4; ++j)
      if (j != i) weight /= t[i] - t[j];
    ones += weight;
    signs += i % 2 ? -weight : weight;
  }
  for (size_t i = 0; i < 4; ++i) y[i] = (1 - (i % 2 ? -1 : 1) * ones / signs) / x[i];
  const double first = (y[1] - y[0]) / (t[1] - t[0]), second = (y[2] - y[1]) / (t[2] - t[1]);
  const double c = (second - first) / (t[2] - t[0]);
  const double b = first - c * (t[0] + t[1]);
  return {.a = y[0] - t[0] * (b + t[0] * c), .b = b, .c = c};
}

}  // namespace

OddPolynomial closest_to_one(double low, double high) {
  std::array<double, 4> x = {low, (3 * low + high) / 4, (low + 3 * high) / 4, high};
  for (int round = 0; round < 6; ++round) {  // four rounds reach the last digit
    const auto p = touching(x);
    const double root = std::sqrt(9 * p.b * p.b - 20 * p.a * p.c);
    x[1] = std::sqrt((-3 * p.b - root) / (10 * p.c));  // where the derivative is zero
    x[2] = std::sqrt((-3 * p.b + root) / (10 * p.c));
  }
  return touching(x);
}

std::vector<OddPolynomial> polar_polynomials(int64_t steps) {
  std::vector<OddPolynomial> polynomials;
  double low = 1e-12, high = 0.5;
  for (int round = 0; round < 60; ++round) {
    const double floor = std::sqrt(low * high);
    (reached_from(floor, steps, polynomials) < 1 - polar_tolerance ? low : high) = floor;
  }
  reached_from(high, steps, polynomials);
  return polynomials;
}

at::Tensor orthogonalise(const at::Tensor& matrices, const std::vector<OddPolynomial>& polynomials,
                         at::ScalarType type) {
  const bool tall = matrices.size(1) > matrices.size(2);
  auto x = (tall ? matrices.transpose(1, 2) : matrices).to(type);  // [n, r, q], r <= q
  bool first = true;
  for (const auto& p : polynomials) {
    auto gram = at::bmm(x, x.transpose(1, 2));  // [n, r, r]
    if (first) {
      // The fourth root of the sum of the singular values' fourth powers bounds the largest one
      // more closely than the root of their squares does, and it follows from a norm of the Gram
      // matrix.
      const auto wide = type == at::kDouble ? at::kDouble : at::kFloat;
      const auto square = gram.flatten(1).norm(2, {1}, /*keepdim=*/true, wide).clamp_min_(1e-30);
      gram = gram / square.unsqueeze(2).to(type);
      x = x / square.sqrt().unsqueeze(2).to(type);
      first = false;
    }
    const auto even = at::baddbmm(gram, gram, gram, p.b, p.c);  // b G + c G G
    x = at::baddbmm(x, even, x, p.a);                           // a X + (b G + c G G) X
  }
  return tall ? x.transpose(1, 2) : x;
}

at::ScalarType newton_schulz_type(const at::Tensor& values) {
  if (values.scalar_type() != at::kFloat) return values.scalar_type();
  if (values.is_cuda()) return at::kBFloat16;
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512bf16")) return at::kBFloat16;
#endif
  return at::kFloat;
}

}  // namespace heed
