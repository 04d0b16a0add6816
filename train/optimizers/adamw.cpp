#include "train/optimizers/adamw.h"

namespace heed {

AdamWGroup make_adamw_group(const FlatParameters& parameters, int64_t start,
                            const at::Tensor& first, const at::Tensor& second,
                            double weight_decay) {
  const int64_t length = first.numel();
  return {.values = parameters.values().narrow(0, start, length),
          .gradients = parameters.gradients().narrow(0, start, length),
          .first_moment = first,
          .second_moment = second,
          .weight_decay = weight_decay,
          .step_count = at::zeros({}, parameters.values().options().dtype(at::kFloat))};
}

void adamw_step(AdamWGroup& group, const OptimizerOptions& options, double learning_rate) {
  if (group.values.numel() == 0) return;
  group.step_count += 1;
  at::_fused_adamw_({group.values}, {group.gradients}, {group.first_moment}, {group.second_moment},
                    {}, {group.step_count}, learning_rate, options.beta1, options.beta2,
                    group.weight_decay, options.epsilon, /*amsgrad=*/false, /*maximize=*/false);
}

namespace {

class AdamW : public Optimizer {
 public:
  void attach(const FlatParameters& parameters, const OptimizerOptions& options) override {
    options_ = options;
    first_moment_ = at::zeros_like(parameters.gradients());
    second_moment_ = at::zeros_like(parameters.gradients());
    const int64_t matrices = parameters.matrix_count();
    matrices_ = make_adamw_group(parameters, 0, first_moment_.slice(0, 0, matrices),
                                 second_moment_.slice(0, 0, matrices), options.weight_decay);
    vectors_ = make_adamw_group(parameters, matrices, first_moment_.slice(0, matrices),
                                second_moment_.slice(0, matrices), /*weight_decay=*/0);
  }

  void step(double learning_rate) override {
    adamw_step(matrices_, options_, learning_rate);
    adamw_step(vectors_, options_, learning_rate);
  }

  std::vector<std::pair<std::string, at::Tensor>> state() const override {
    return {{"first_moment", first_moment_},
            {"second_moment", second_moment_},
            {"step_matrices", matrices_.step_count},
            {"step_others", vectors_.step_count}};
  }

 private:
  OptimizerOptions options_;
  at::Tensor first_moment_, second_moment_;  // [N]
  AdamWGroup matrices_, vectors_;
};

const Registration<Optimizer, AdamW> adamw_registration{
    "adamw", "Adam with decoupled weight decay, on matrices alone (1711.05101)"};

}  // namespace
}  // namespace heed
