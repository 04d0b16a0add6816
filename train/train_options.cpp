#include "train/train_options.h"

#include <fmt/format.h>

namespace heed {

void TrainOptions::describe(OptionList& list) {
  list.add("steps", &steps, "optimizer steps").at_least(1).may_change_on_resume();
  list.add("seconds", &seconds, "of training, at most; 0: no limit")
      .at_least(0)
      .may_change_on_resume();
  list.add("batch", &batch, "rows a forward pass").at_least(1);
  list.add("context", &context, "positions a row").at_least(1);
  list.add("accumulate", &accumulate, "forward passes a step, gradients averaged").at_least(1);
  list.add("lr", &lr, "peak learning rate").above(0);
  list.add("min_lr", &min_lr, "learning rate at the last step").at_least(0);
  list.add("warmup", &warmup, "steps over which the rate rises").at_least(0);
  list.add("schedule", &schedule, "how the rate falls").one_of(schedule_names());
  list.add("decay_fraction", &decay_fraction,
           "last fraction of the steps, in which a trapezoid falls")
      .above(0)
      .at_most(1);
  list.add("optimizer", &optimizer, "what moves the weights")
      .one_of(OptimizerRegistry::instance().names());
  auto& o = optimizer_options;
  list.add("beta1", &o.beta1, "decay of the first moment").at_least(0).below(1);
  list.add("beta2", &o.beta2, "decay of the second moment").at_least(0).below(1);
  list.add("epsilon", &o.epsilon, "added to the second moment's root").above(0);
  list.add("weight_decay", &o.weight_decay, "on matrices alone").at_least(0);
  list.add("muon_lr", &muon_lr, "muon's peak rate for the layers' matrices; 0: lr").at_least(0);
  list.add("muon_momentum", &o.muon_momentum, "share of the old gradients that stays")
      .at_least(0)
      .below(1);
  list.add("newton_schulz_steps", &o.newton_schulz_steps,
           "products that orthogonalise muon's matrices")
      .at_least(1);
  list.add("clip", &clip, "largest norm of the gradient; 0: not clipped").at_least(0);
  list.add("eval_every", &eval_every, "steps between evaluations")
      .at_least(1)
      .may_change_on_resume();
  list.add("checkpoint_every", &checkpoint_every, "steps between checkpoints")
      .at_least(1)
      .may_change_on_resume();
  list.add("patience", &patience, "evaluations without a better loss before stopping; 0: never")
      .at_least(0)
      .may_change_on_resume();
  list.add("threads", &threads, "threads to compute with; 0: LibTorch decides")
      .at_least(0)
      .may_change_on_resume();
  list.add("precision", &precision,
           "of weights and arithmetic; bf16: products of bfloat16, all else float32; auto: bf16 "
           "where the CPU multiplies it, else float32")
      .one_of({"float32", "float64", "bf16", "auto"});
  list.add("kernels", &kernels, "fused: several operations in one pass; reference: one by one")
      .one_of({"fused", "reference"});
}

void TrainOptions::check() const {
  if (min_lr > lr)
    throw OptionError("min_lr", fmt::format("expected at most lr = {}, got {}", lr, min_lr));
  if (warmup > steps)
    throw OptionError("warmup", fmt::format("expected at most steps = {}, got {}", steps, warmup));
  if (precision == "bf16" && kernels != Kernels::fused)
    throw OptionError("kernels", "expected fused: the reference has no products of bfloat16");
}

ScheduleOptions TrainOptions::schedule_options() const {
  return {.kind = schedule,
          .lr = lr,
          .min_lr = min_lr,
          .warmup = warmup,
          .steps = steps,
          .decay_fraction = decay_fraction};
}

std::unique_ptr<Optimizer> TrainOptions::make_optimizer(const FlatParameters& parameters) const {
  auto result = OptimizerRegistry::instance().make(optimizer);
  auto prepared = optimizer_options;
  if (muon_lr > 0) prepared.muon_lr_factor = muon_lr / lr;
  result->attach(parameters, prepared);
  return result;
}

}  // namespace heed
