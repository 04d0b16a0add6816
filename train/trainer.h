#pragma once

#include <ATen/ATen.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>

#include "models/compute.h"
#include "train/checkpoint.h"
#include "train/flat_parameters.h"
#include "train/metrics_log.h"
#include "train/optimizer.h"
#include "train/run_directory.h"
#include "train/schedule.h"
#include "train/task.h"

namespace heed {

struct TrainOptions : Configurable {
  int64_t steps = 1000;
  double seconds = 0;      ///< of training, at most; the rate then falls with them; 0: no limit
  int64_t batch = 32;      ///< rows a forward pass
  int64_t context = 64;    ///< positions a row, for tasks whose rows have no length of their own
  int64_t accumulate = 1;  ///< forward passes whose gradients are averaged before one step
  double lr = 1e-3;
  double min_lr = 0;
  int64_t warmup = 0;
  std::string schedule = "cosine";
  double decay_share = 0.5;  ///< of the steps, the last ones, in which a trapezoid falls
  std::string optimizer = "adamw";
  double matrix_lr = 0;  ///< peak for muon's hidden matrices; 0: lr
  OptimizerOptions optimizer_options;
  double clip = 1;  ///< largest norm of the gradient; 0: not clipped
  int64_t eval_every = 500;
  int64_t checkpoint_every = 500;
  int64_t patience = 0;  ///< evaluations without a better loss before it stops early; 0: never
  int64_t threads = 0;   ///< 0: as many as LibTorch takes by itself
  std::string precision = "float32";
  std::string kernels = "fused";

  void describe(OptionList& list) override;
  void check() const override;
  ScheduleOptions schedule_options() const;
  /// As configured, made ready for the parameters.
  std::unique_ptr<Optimizer> make_optimizer(const FlatParameters& parameters) const;
  /// Of the weights, and of all that is not a product.
  at::ScalarType dtype() const { return precision == "float64" ? at::kDouble : at::kFloat; }
  ComputeOptions compute() const {
    return {.fused = kernels == "fused", .bfloat16_products = precision == "bf16"};
  }
};

/// Is told how a training goes; all but one method of a plain one do nothing.
class TrainObserver {
 public:
  virtual ~TrainObserver() = default;
  virtual void on_step(const TrainingState& state, double loss) = 0;
  virtual void on_evaluation(const MetricsRow& row, bool best) = 0;
};

/// A loss or gradient that is not finite. The last checkpoint is the last good one.
class Diverged : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

enum class StopReason { steps_done, seconds_done, patience, interrupted };

/// Trains one model on one task into one run directory.
class Trainer {
 public:
  /// The model must be on its device and of its precision; its parameters are re-seated
  /// (FlatParameters).
  Trainer(SequenceModel& model, const Task& task, const TrainOptions& options,
          const RunDirectory& run, TrainObserver& observer);

  /// Continues where last/ stands. Without a checkpoint, the run starts over.
  void resume();

  /// Until the steps are done, patience is at its end, or `stop` becomes true; saves last/ in each
  /// case. Throws Diverged, or std::runtime_error if the run directory cannot be written.
  StopReason train(const std::atomic<bool>& stop);

  /// Whether nothing is left to train: the steps are done and evaluated, or patience is at its end.
  bool done() const;

  const TrainingState& state() const { return state_; }
  const Evaluation& last_evaluation() const { return last_evaluation_; }

 private:
  double training_step();
  at::Tensor accumulated_gradients();
  void clip_gradients();
  void evaluate_and_record();
  void save_last();
  bool out_of_patience() const;
  bool out_of_time() const;
  double learning_rate_now() const;

  SequenceModel& model_;
  const Task& task_;
  const TrainOptions& options_;
  RunDirectory run_;
  TrainObserver& observer_;
  MetricsLog metrics_;
  FlatParameters parameters_;
  std::unique_ptr<Optimizer> optimizer_;
  TrainingState state_;
  Evaluation last_evaluation_;
};

}  // namespace heed
