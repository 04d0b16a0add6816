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
  double weight_decay = 0.01;  ///< on matrices only
  double muon_momentum = 0.95;
  int64_t newton_schulz_steps = 4;  ///< of Muon's orthogonalisation: polar_polynomials()
  double muon_lr_factor =
      1;  ///< the learning rate of Muon's hidden matrices, relative to the others'
};

/// Updates the parameters from their gradients. Each kind has its own file in train/optimizers/ and
/// registers itself there.
class Optimizer {
 public:
  virtual ~Optimizer() = default;

  /// Call once, before the first step.
  virtual void attach(const FlatParameters& parameters, const OptimizerOptions& options) = 0;
  virtual void step(double learning_rate) = 0;

  /// The tensors that a checkpoint must keep, by name. They are the optimizer's own: copying into
  /// them restores it.
  virtual std::vector<std::pair<std::string, at::Tensor>> state() const = 0;
};

using OptimizerRegistry = Registry<Optimizer>;

}  // namespace heed
