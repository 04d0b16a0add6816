#pragma once

#include <cstdint>
#include <numeric>

// Part of GrammarLanguage: exact weights of a sentence's continuations.

namespace heed::grammar {

struct Fraction {
  int64_t numerator = 0;
  int64_t denominator = 1;
};

inline Fraction reduced(int64_t numerator, int64_t denominator) {
  const int64_t divisor = std::gcd(numerator, denominator);
  return {numerator / divisor, denominator / divisor};
}

inline Fraction operator*(const Fraction& a, const Fraction& b) {
  const Fraction left = reduced(a.numerator, b.denominator);
  const Fraction right = reduced(b.numerator, a.denominator);
  return {left.numerator * right.numerator, left.denominator * right.denominator};
}

inline Fraction operator+(const Fraction& a, const Fraction& b) {
  const int64_t common = std::lcm(a.denominator, b.denominator);
  return reduced(a.numerator * (common / a.denominator) + b.numerator * (common / b.denominator),
                 common);
}

inline double to_double(const Fraction& fraction) {
  return static_cast<double>(fraction.numerator) / static_cast<double>(fraction.denominator);
}

}  // namespace heed::grammar
