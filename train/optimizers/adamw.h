#pragma once

#include <ATen/ATen.h>

#include "train/optimizers/optimizer.h"

namespace heed {

/// What AdamW knows of some of the parameters; the tensors [n] are views.
struct AdamWGroup {
  at::Tensor values = {}, gradients = {};
  at::Tensor first_moment = {}, second_moment = {};  ///< zeros at first
  double weight_decay = 0;
  at::Tensor step_count = {};  ///< [] float32
};

/// The numbers [start, start + length) of the parameters, with moments of as many numbers.
AdamWGroup adamw_group(const FlatParameters& parameters, int64_t start, const at::Tensor& first,
                       const at::Tensor& second, double weight_decay);

/// One step of Adam with decoupled weight decay (Loshchilov & Hutter 2019, 1711.05101, algorithm
/// 2), LibTorch's fused kernel.
void adamw_step(AdamWGroup& group, const OptimizerOptions& options, double learning_rate);

}  // namespace heed
