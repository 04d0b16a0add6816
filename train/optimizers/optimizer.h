#pragma once

#include <ATen/ATen.h>

#include <string>
#include <utility>
#include <vector>

#include "models/registry.h"
#include "train/optimizers/flat_parameters.h"

namespace heed {

struct OptimizerOptions {
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0.01;  ///< on matrices alone
  double muon_momentum = 0.95;
  int64_t newton_schulz_steps = 4;  ///< of muon's orthogonalisation: polar_polynomials()
  double muon_lr_factor = 1;        ///< muon's rate for hidden matrices is this times the rate
};

/// Changes the parameters along their gradients. Kinds: one file each under train/optimizers/.
class Optimizer {
 public:
  virtual ~Optimizer() = default;

  /// To be called once, before the first step.
  virtual void attach(const FlatParameters& parameters, const OptimizerOptions& options) = 0;
  virtual void step(double learning_rate) = 0;

  /// What a checkpoint must keep, by name. The tensors are the optimizer's own: copying into them
  /// restores it.
  virtual std::vector<std::pair<std::string, at::Tensor>> state() const = 0;
};

using OptimizerRegistry = Registry<Optimizer>;

}  // namespace heed
