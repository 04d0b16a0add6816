#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <memory>
#include <string>

#include "models/compute.h"
#include "models/options.h"
#include "train/optimizers/optimizer.h"
#include "train/optimizers/schedule.h"

namespace heed {

struct TrainOptions : Configurable {
  int64_t steps = 1000;
  double seconds = 0;      ///< of training, at most; the rate then falls with them; 0: no limit
  int64_t batch = 32;      ///< rows a forward pass
  int64_t context = 64;    ///< positions a row, for tasks whose rows have no length of their own
  int64_t accumulate = 1;  ///< forward passes whose gradients are averaged before one step
  double lr = 1e-3;
  double min_lr = 0;
  int64_t warmup = 0;
  std::string schedule = "cosine";
  double decay_fraction = 0.5;  ///< of the steps, the last ones, in which a trapezoid falls
  std::string optimizer = "adamw";
  double muon_lr = 0;  ///< peak for muon's hidden matrices; 0: lr
  OptimizerOptions optimizer_options;
  double clip = 1;  ///< largest norm of the gradient; 0: not clipped
  int64_t eval_every = 500;
  int64_t checkpoint_every = 500;
  int64_t patience = 0;  ///< evaluations without a better loss before it stops early; 0: never
  int64_t threads = 0;   ///< 0: as many as LibTorch takes by itself
  std::string precision = "float32";
  Kernels kernels = Kernels::fused;

  void describe(OptionList& list) override;
  void check() const override;
  ScheduleOptions schedule_options() const;
  /// As configured, made ready for the parameters.
  std::unique_ptr<Optimizer> make_optimizer(const FlatParameters& parameters) const;
  /// Of the weights, and of all that is not a product.
  at::ScalarType dtype() const { return precision == "float64" ? at::kDouble : at::kFloat; }
  ComputeOptions compute() const {
    return {.kernels = kernels, .bfloat16_products = precision == "bf16"};
  }
};

}  // namespace heed
