#pragma once

#include <ATen/ATen.h>

#include "train/optimizers/optimizer.h"

namespace heed {

/// AdamW's state for a range of the parameters. The tensors [n] are views.
struct AdamWGroup {
  at::Tensor values = {}, gradients = {};
  at::Tensor first_moment = {}, second_moment = {};  ///< zeros at first
  double weight_decay = 0;
  at::Tensor step_count = {};  ///< [] float32
};

/// The group of the parameters' numbers from `start` on, as many as the moments have.
AdamWGroup make_adamw_group(const FlatParameters& parameters, int64_t start,
                            const at::Tensor& first, const at::Tensor& second, double weight_decay);

/// One step of Adam with decoupled weight decay (Loshchilov & Hutter 2019, 1711.05101, algorithm
/// 2), by LibTorch's fused kernel.
void adamw_step(AdamWGroup& group, const OptimizerOptions& options, double learning_rate);

}  // namespace heed
