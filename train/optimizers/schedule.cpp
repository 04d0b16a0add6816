#include "train/optimizers/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>

namespace heed {

const std::vector<std::string>& schedule_names() {
  static const std::vector<std::string> names = {"constant", "cosine", "linear", "trapezoid"};
  return names;
}

double learning_rate(const ScheduleOptions& options, int64_t step) {
  if (step < options.warmup)
    return options.lr * static_cast<double>(step + 1) / static_cast<double>(options.warmup + 1);
  const auto falling = static_cast<double>(std::max<int64_t>(1, options.steps - options.warmup));
  const double done = std::min(1.0, static_cast<double>(step - options.warmup) / falling);
  if (options.kind == "constant") return options.lr;
  if (options.kind == "trapezoid") {
    const double decay = options.decay_fraction * static_cast<double>(options.steps);
    const double left = std::max(0.0, static_cast<double>(options.steps - step));
    return options.min_lr + (options.lr - options.min_lr) * (left < decay ? left / decay : 1);
  }
  if (options.kind == "linear") return options.lr + (options.min_lr - options.lr) * done;
  if (options.kind == "cosine")
    return options.min_lr +
           (options.lr - options.min_lr) * 0.5 * (1 + std::cos(std::numbers::pi * done));
  throw std::invalid_argument("there is no schedule \"" + options.kind +
                              "\"; known are: constant, cosine, linear, trapezoid");
}

}  // namespace heed
