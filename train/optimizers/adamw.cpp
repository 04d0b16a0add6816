#include "train/optimizer.h"

namespace heed {
namespace {

/// Adam with decoupled weight decay (Loshchilov & Hutter 2019, 1711.05101, algorithm 2), LibTorch's
/// fused kernel.
class AdamW : public Optimizer {
 public:
  void attach(const FlatParameters& parameters, const OptimizerOptions& options) override {
    options_ = options;
    first_moment_ = at::zeros_like(parameters.gradients());
    second_moment_ = at::zeros_like(parameters.gradients());
    const int64_t matrices = parameters.matrix_count(), all = parameters.values().numel();
    groups_ = {make_group(parameters, 0, matrices, options.weight_decay),
               make_group(parameters, matrices, all - matrices, 0)};
  }

  void step(double learning_rate) override {
    for (auto& group : groups_) {
      if (group.values.numel() == 0) continue;
      group.step += 1;
      at::_fused_adamw_({group.values}, {group.gradients}, {group.first_moment},
                        {group.second_moment}, {}, {group.step}, learning_rate, options_.beta1,
                        options_.beta2, group.weight_decay, options_.epsilon, /*amsgrad=*/false,
                        /*maximize=*/false);
    }
  }

  std::vector<std::pair<std::string, at::Tensor>> state() const override {
    return {{"first_moment", first_moment_},
            {"second_moment", second_moment_},
            {"step_matrices", groups_[0].step},
            {"step_others", groups_[1].step}};
  }

 private:
  struct Group {
    at::Tensor values, gradients, first_moment, second_moment;  // [n] views of the flat buffers
    at::Tensor step;  // [] float32, counts the steps taken
    double weight_decay = 0;
  };

  Group make_group(const FlatParameters& parameters, int64_t start, int64_t length,
                   double decay) const {
    return {.values = parameters.values().narrow(0, start, length),
            .gradients = parameters.gradients().narrow(0, start, length),
            .first_moment = first_moment_.narrow(0, start, length),
            .second_moment = second_moment_.narrow(0, start, length),
            .step = at::zeros({}, parameters.values().options().dtype(at::kFloat)),
            .weight_decay = decay};
  }

  OptimizerOptions options_;
  at::Tensor first_moment_, second_moment_;  // [N]
  std::vector<Group> groups_;
};

const Registration<Optimizer, AdamW> registration{
    "adamw", "Adam with decoupled weight decay, on matrices alone (1711.05101)"};

}  // namespace
}  // namespace heed
