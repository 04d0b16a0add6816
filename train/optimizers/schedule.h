#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace heed {

struct ScheduleOptions {
  std::string kind = "cosine";  ///< how the rate falls after the warm-up, one of schedule_names()
  double lr = 1e-3;             ///< the peak
  double min_lr = 0;            ///< reached at the last step
  int64_t warmup = 0;           ///< steps over which the rate rises linearly to its peak
  int64_t steps = 1;            ///< of the whole training
  double decay_fraction = 0.5;  ///< of the steps, the last ones, in which a trapezoid falls
};

/// constant; cosine; linear; trapezoid: constant, then linear (2405.18392).
const std::vector<std::string>& schedule_names();

/// The learning rate of step `step`, counted from 0. Throws std::invalid_argument for an unknown
/// kind.
double learning_rate(const ScheduleOptions& options, int64_t step);

}  // namespace heed
