#pragma once

#include <ATen/core/PhiloxRNGEngine.h>

#include <cmath>
#include <cstdint>
#include <numbers>
#include <vector>

namespace heed {

/// Random numbers that depend on (seed, stream, index) alone, so that row `index` of a data stream
/// is the same whenever and wherever it is made. The generator is LibTorch's Philox (Salmon et al.
/// 2011).
class Random {
 public:
  using result_type = uint32_t;

  Random(uint64_t seed, uint64_t stream, uint64_t index) : engine_(seed, (stream << 48) | index) {}

  result_type operator()() { return engine_(); }
  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return UINT32_MAX; }

  /// In [0, 1), with 53 random bits.
  double uniform() {
    const uint64_t high = engine_() >> 5, low = engine_() >> 6;
    return static_cast<double>((high << 26) | low) * 0x1p-53;
  }

  /// From N(0, 1) by Box & Muller 1958, at most 6.7 away from 0.
  double normal() {
    const double radius = (static_cast<double>(engine_()) + 1) * 0x1p-32;  // in (0, 1]
    const double angle = static_cast<double>(engine_()) * 0x1p-32;         // in [0, 1), in turns
    return std::sqrt(-2 * std::log(radius)) * std::cos(2 * std::numbers::pi * angle);
  }

  /// In [0, count).
  int64_t below(int64_t count) {
    return static_cast<int64_t>(uniform() * static_cast<double>(count));
  }

  /// `count` different numbers of [0, size), in random order.
  std::vector<int64_t> distinct(int64_t count, int64_t size);

 private:
  at::Philox4_32 engine_;
};

}  // namespace heed
