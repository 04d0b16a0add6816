#include "train/train_options.h"

#include <fmt/format.h>

namespace heed {

void TrainOptions::describe(OptionList& list) {
  list.add("steps", &steps, "optimizer steps").at_least(1).may_change_on_resume();
  list.add("seconds", &seconds, "time limit of training; 0: none")
      .at_least(0)
      .may_change_on_resume();
  list.add("batch", &batch, "rows per forward pass").at_least(1);
  list.add("context", &context, "positions per row").at_least(1);
  list.add("accumulate", &accumulate, "forward passes per step, whose gradients are averaged")
      .at_least(1);
  list.add("lr", &lr, "peak learning rate").above(0);
  list.add("min_lr", &min_lr, "learning rate at the last step").at_least(0);
  list.add("warmup", &warmup, "steps over which the learning rate rises").at_least(0);
  list.add("schedule", &schedule, "how the learning rate falls")
      .one_of(ScheduleRegistry::instance().names());
  list.add("decay_fraction", &decay_fraction,
           "fraction of the steps at the end over which a trapezoid falls")
      .above(0)
      .at_most(1);
  list.add("optimizer", &optimizer, "the optimizer").one_of(OptimizerRegistry::instance().names());
  auto& o = optimizer_options;
  list.add("beta1", &o.beta1, "decay of the first moment").at_least(0).below(1);
  list.add("beta2", &o.beta2, "decay of the second moment").at_least(0).below(1);
  list.add("epsilon", &o.epsilon, "added to the second moment's root").above(0);
  list.add("weight_decay", &o.weight_decay, "weight decay, on matrices only").at_least(0);
  list.add("muon_lr", &muon_lr, "Muon's peak learning rate for hidden matrices; 0: lr").at_least(0);
  list.add("muon_momentum", &o.muon_momentum, "Muon's decay of older gradients")
      .at_least(0)
      .below(1);
  list.add("newton_schulz_steps", &o.newton_schulz_steps,
           "polynomials that orthogonalise Muon's matrices")
      .at_least(1);
  list.add("clip", &clip, "limit for the norm of the gradient; 0: none").at_least(0);
  list.add("eval_every", &eval_every, "steps between evaluations")
      .at_least(1)
      .may_change_on_resume();
  list.add("checkpoint_every", &checkpoint_every, "steps between checkpoints")
      .at_least(1)
      .may_change_on_resume();
  list.add("patience", &patience,
           "stop after this many evaluations without a better loss; 0: never")
      .at_least(0)
      .may_change_on_resume();
  list.add("threads", &threads, "threads; 0: LibTorch's default")
      .at_least(0)
      .may_change_on_resume();
  list.add(
      "precision", &precision,
      "of weights and arithmetic; bf16: products in bfloat16, all else in float32; auto: bf16 if "
      "the CPU supports it, else float32");
  list.add("kernels", &kernels, "fused: heed's kernels; reference: the readable operators");
}

void TrainOptions::check() const {
  if (min_lr > lr)
    throw OptionError("min_lr", fmt::format("expected at most lr = {}, got {}", lr, min_lr));
  if (warmup > steps)
    throw OptionError("warmup", fmt::format("expected at most steps = {}, got {}", steps, warmup));
  if (precision == Precision::bf16 && kernels != Kernels::fused)
    throw OptionError("kernels", "expected fused, since the reference has no bfloat16 products");
}

std::unique_ptr<Schedule> TrainOptions::make_schedule() const {
  return heed::make_schedule(schedule, {.lr = lr,
                                        .min_lr = min_lr,
                                        .warmup = warmup,
                                        .steps = steps,
                                        .decay_fraction = decay_fraction});
}

std::unique_ptr<Optimizer> TrainOptions::make_optimizer(const FlatParameters& parameters) const {
  auto result = OptimizerRegistry::instance().make(optimizer);
  auto prepared = optimizer_options;
  if (muon_lr > 0) prepared.muon_lr_factor = muon_lr / lr;
  result->attach(parameters, prepared);
  return result;
}

}  // namespace heed
