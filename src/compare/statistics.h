#pragma once

#include <vector>

namespace heed {

/// An estimate with its interval.
struct Interval {
  double low = 0;
  double centre = 0;
  double high = 0;
};

/// The mean of the middle half of some numbers (Agarwal et al. 2021, 2108.13264): a quarter of them
/// is left out at each end, with fractions of a number where needed. NaN for no numbers.
double interquartile_mean(std::vector<double> values);

/// The same with its 95 % percentile-bootstrap interval: `values` are resampled with replacement
/// 2,000 times, from a fixed seed. With few values the interval is rough.
Interval interquartile_interval(const std::vector<double>& values);

/// The middle one, or the mean of the middle two; NaN for no numbers.
double median(std::vector<double> values);

}  // namespace heed
