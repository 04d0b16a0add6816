#include "train/optimizers/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace heed {
namespace {

class ConstantSchedule : public Schedule {
  double after_warmup(int64_t, double) const override { return options().lr; }
};

class CosineSchedule : public Schedule {
  double after_warmup(int64_t, double done) const override {
    const auto& o = options();
    return o.min_lr + (o.lr - o.min_lr) * 0.5 * (1 + std::cos(std::numbers::pi * done));
  }
};

class LinearSchedule : public Schedule {
  double after_warmup(int64_t, double done) const override {
    return options().lr + (options().min_lr - options().lr) * done;
  }
};

class TrapezoidSchedule : public Schedule {
  double after_warmup(int64_t step, double) const override {
    const auto& o = options();
    const double decay = o.decay_fraction * static_cast<double>(o.steps);
    const double left = std::max(0.0, static_cast<double>(o.steps - step));
    return o.min_lr + (o.lr - o.min_lr) * (left < decay ? left / decay : 1);
  }
};

const Registration<Schedule, ConstantSchedule> constant_registration{
    "constant", "stays at its peak after the warm-up"};
const Registration<Schedule, CosineSchedule> cosine_registration{
    "cosine", "falls along half a cosine (1608.03983)"};
const Registration<Schedule, LinearSchedule> linear_registration{"linear", "falls linearly"};
const Registration<Schedule, TrapezoidSchedule> trapezoid_registration{
    "trapezoid", "stays at its peak, then falls linearly at the end (2405.18392)"};

}  // namespace

double Schedule::learning_rate(int64_t step) const {
  const auto& o = options_;
  if (step < o.warmup)
    return o.lr * static_cast<double>(step + 1) / static_cast<double>(o.warmup + 1);
  const auto falling = static_cast<double>(std::max<int64_t>(1, o.steps - o.warmup));
  return after_warmup(step, std::min(1.0, static_cast<double>(step - o.warmup) / falling));
}

std::unique_ptr<Schedule> make_schedule(const std::string& kind, const ScheduleOptions& options) {
  auto schedule = ScheduleRegistry::instance().make(kind);
  schedule->set_options(options);
  return schedule;
}

}  // namespace heed
