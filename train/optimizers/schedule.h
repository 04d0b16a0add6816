#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "models/registry.h"

namespace heed {

struct ScheduleOptions {
  double lr = 1e-3;    ///< the peak learning rate
  double min_lr = 0;   ///< reached at the last step
  int64_t warmup = 0;  ///< steps over which the rate rises linearly to its peak
  int64_t steps = 1;   ///< of the whole training
  double decay_fraction =
      0.5;  ///< the fraction of the steps at the end over which a trapezoid falls
};

/// The learning rate over the steps: it rises linearly during the warm-up, and then follows the
/// kind. Kinds register themselves, so a new one is one file.
class Schedule {
 public:
  virtual ~Schedule() = default;
  void set_options(const ScheduleOptions& options) { options_ = options; }
  /// Of step `step`, counted from 0.
  double learning_rate(int64_t step) const;

 protected:
  /// The rate of a step after the warm-up. `done` is the share of these steps that lie before it.
  virtual double after_warmup(int64_t step, double done) const = 0;
  const ScheduleOptions& options() const { return options_; }

 private:
  ScheduleOptions options_;
};

using ScheduleRegistry = Registry<Schedule>;

/// Throws std::invalid_argument for an unknown kind.
std::unique_ptr<Schedule> make_schedule(const std::string& kind, const ScheduleOptions& options);

}  // namespace heed
