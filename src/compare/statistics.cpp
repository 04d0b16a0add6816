#include "src/compare/statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "train/data/random.h"

namespace heed {

double interquartile_mean(std::vector<double> values) {
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  std::sort(values.begin(), values.end());
  const auto count = static_cast<double>(values.size());
  double sum = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    // How much of the place [i, i + 1) lies within the middle half.
    const auto from = std::max(static_cast<double>(i), count / 4);
    const auto to = std::min(static_cast<double>(i + 1), 3 * count / 4);
    if (to > from) sum += (to - from) * values[i];
  }
  return sum / (count / 2);
}

Interval interquartile_interval(const std::vector<double>& values) {
  const double centre = interquartile_mean(values);
  if (values.size() < 2) return {.low = centre, .centre = centre, .high = centre};
  constexpr size_t draws = 2000;
  Random random(1, 0, 0);
  std::vector<double> means(draws), drawn(values.size());
  for (auto& mean : means) {
    for (auto& value : drawn)
      value = values[static_cast<size_t>(random.below(static_cast<int64_t>(values.size())))];
    mean = interquartile_mean(drawn);
  }
  std::sort(means.begin(), means.end());
  return {.low = means[draws / 40], .centre = centre, .high = means[draws - 1 - draws / 40]};
}

double median(std::vector<double> values) {
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  return values.size() % 2 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

}  // namespace heed
