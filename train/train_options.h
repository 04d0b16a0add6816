#pragma once

#include <ATen/ATen.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "models/compute.h"
#include "models/options.h"
#include "train/optimizers/optimizer.h"
#include "train/optimizers/schedule.h"

namespace heed {

/// The type of weights and arithmetic. bf16: products in bfloat16, all else in float32.
/// automatic: bf16 if the CPU supports it, else float32.
enum class Precision { float32, float64, bf16, automatic };

template <>
inline constexpr auto enum_names<Precision> =
    std::to_array<EnumName<Precision>>({{"float32", Precision::float32},
                                        {"float64", Precision::float64},
                                        {"bf16", Precision::bf16},
                                        {"auto", Precision::automatic}});

struct TrainOptions : Configurable {
  int64_t steps = 1000;
  double seconds = 0;      ///< time limit; the learning rate then falls with it; 0: none
  int64_t batch = 32;      ///< rows per forward pass
  int64_t context = 64;    ///< positions per row, for tasks whose rows have no length of their own
  int64_t accumulate = 1;  ///< forward passes whose gradients are averaged before one step
  double lr = 1e-3;
  double min_lr = 0;
  int64_t warmup = 0;
  std::string schedule = "cosine";
  double decay_fraction = 0.5;  ///< of the steps, at the end, over which a trapezoid falls
  std::string optimizer = "adamw";
  double muon_lr = 0;  ///< peak learning rate of Muon's hidden matrices; 0: lr
  OptimizerOptions optimizer_options;
  double clip = 1;  ///< limit for the norm of the gradient; 0: none
  int64_t eval_every = 500;
  int64_t checkpoint_every = 500;
  int64_t patience = 0;  ///< evaluations without a better loss before training stops; 0: never
  int64_t threads = 0;   ///< 0: LibTorch's default
  Precision precision = Precision::float32;
  Kernels kernels = Kernels::fused;

  void describe(OptionList& list) override;
  void check() const override;
  std::unique_ptr<Schedule> make_schedule() const;
  /// Attached to the parameters.
  std::unique_ptr<Optimizer> make_optimizer(const FlatParameters& parameters) const;
  /// The type of the weights, and of all arithmetic but bfloat16 products.
  at::ScalarType dtype() const {
    return precision == Precision::float64 ? at::kDouble : at::kFloat;
  }
  ComputeOptions compute() const {
    return {.kernels = kernels, .bfloat16_products = precision == Precision::bf16};
  }
};

}  // namespace heed
