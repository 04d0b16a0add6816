#include <algorithm>
#include <cmath>

#include "train/optimizers/adamw.h"
#include "train/optimizers/newton_schulz.h"

namespace heed {
namespace {

/// Muon (Jordan et al. 2024, "Muon: an optimizer for hidden layers in neural networks"): the
/// Nesterov momentum of each hidden matrix [R, C] is orthogonalised, so that the step has the same
/// length in every direction. Scaled by 0.2 sqrt(max(R, C)), with decoupled weight decay
/// (2502.16982, equation 4), a step is as large as AdamW's and can use the same learning rate. All
/// other parameters are updated by AdamW.
class Muon : public Optimizer {
 public:
  void attach(const FlatParameters& parameters, const OptimizerOptions& options) override {
    options_ = options;
    stacks_ = parameters.hidden_stacks();
    polynomials_ = polar_polynomials(options.newton_schulz_steps);
    type_ = newton_schulz_type(parameters.values());
    const int64_t hidden = parameters.hidden_count(), matrices = parameters.matrix_count();
    gradients_ = parameters.gradients().slice(0, 0, hidden);
    momentum_ = at::zeros_like(gradients_);
    direction_ = at::zeros_like(gradients_);
    first_moment_ = at::zeros_like(parameters.gradients().slice(0, hidden));
    second_moment_ = at::zeros_like(first_moment_);
    const int64_t others = matrices - hidden;
    matrices_ = make_adamw_group(parameters, hidden, first_moment_.slice(0, 0, others),
                                 second_moment_.slice(0, 0, others), options.weight_decay);
    vectors_ = make_adamw_group(parameters, matrices, first_moment_.slice(0, others),
                                second_moment_.slice(0, others), /*weight_decay=*/0);
  }

  void step(double learning_rate) override {
    adamw_step(matrices_, options_, learning_rate);
    adamw_step(vectors_, options_, learning_rate);
    momentum_.lerp_(gradients_, 1 - options_.muon_momentum);
    at::lerp_out(direction_, gradients_, momentum_, options_.muon_momentum);
    int64_t start = 0;
    for (auto& stack : stacks_) {
      const int64_t count = stack.values.numel();
      update(stack.values, direction_.narrow(0, start, count).view(stack.values.sizes()),
             learning_rate * options_.muon_lr_factor);
      start += count;
    }
  }

  std::vector<std::pair<std::string, at::Tensor>> state() const override {
    return {{"momentum", momentum_},
            {"first_moment", first_moment_},
            {"second_moment", second_moment_},
            {"step_matrices", matrices_.step_count},
            {"step_others", vectors_.step_count}};
  }

 private:
  void update(at::Tensor& values, const at::Tensor& direction, double learning_rate) const {
    const auto size = static_cast<double>(std::max(values.size(1), values.size(2)));
    values.mul_(1 - learning_rate * options_.weight_decay);
    values.add_(orthogonalise(direction, polynomials_, type_),
                -learning_rate * 0.2 * std::sqrt(size));
  }

  OptimizerOptions options_;
  std::vector<MatrixStack> stacks_;
  std::vector<OddPolynomial> polynomials_;
  at::ScalarType type_ = at::kFloat;
  at::Tensor gradients_, momentum_, direction_;  // of all hidden matrices
  at::Tensor first_moment_, second_moment_;      // of all other parameters
  AdamWGroup matrices_, vectors_;
};

const Registration<Optimizer, Muon> muon_registration{
    "muon", "orthogonalised momentum for the layers' matrices, AdamW for the rest (2502.16982)"};

}  // namespace
}  // namespace heed
