#pragma once

#include <ATen/ATen.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>

#include "train/batch_gradients.h"
#include "train/checkpoint.h"
#include "train/metrics_log.h"
#include "train/optimizers/flat_parameters.h"
#include "train/run_directory.h"
#include "train/task.h"
#include "train/train_options.h"

namespace heed {

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

/// Trains one model on one task into one run directory. Where there are several ranks, each takes
/// its own rows of every batch, all hold the same weights, and rank 0 reads and writes.
class Trainer {
 public:
  /// The model must be on its device and of its precision; its parameters are re-seated
  /// (FlatParameters).
  Trainer(SequenceModel& model, const Task& task, const TrainOptions& options,
          const RunDirectory& run, TrainObserver& observer,
          Communicator& ranks = Communicator::single_process());

  /// Continues where last/ stands. Without a checkpoint, the run starts over.
  void resume();

  /// Until the steps are done, patience is at its end, or `stop` becomes true; saves last/ in each
  /// case. Throws Diverged, or std::runtime_error if the run directory cannot be written; RanksLost
  /// if another rank ended, after saving.
  StopReason train(const std::atomic<bool>& stop);

  /// Whether nothing is left to train: the steps are done and evaluated, or patience is at its end.
  bool done() const;

  const TrainingState& state() const { return state_; }
  const Evaluation& last_evaluation() const { return last_evaluation_; }

 private:
  StopReason train_until(const std::atomic<bool>& stop);
  bool any_rank(bool stop);
  void share_state();
  double training_step();
  double gradients_or_no_step();
  double accumulated_gradients();
  void clip_gradients();
  void evaluate_and_record();
  void save_last();
  bool steps_are_left() const;
  bool out_of_patience() const;
  bool out_of_time() const;
  double learning_rate_now() const;

  SequenceModel& model_;
  const Task& task_;
  const TrainOptions& options_;
  RunDirectory run_;
  TrainObserver& observer_;
  Communicator& ranks_;
  MetricsLog metrics_;
  FlatParameters parameters_;
  BatchGradients gradients_;
  std::unique_ptr<Optimizer> optimizer_;
  TrainingState state_;
  Evaluation last_evaluation_;
};

}  // namespace heed
