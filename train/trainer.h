#pragma once

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>

#include "train/checkpoint.h"
#include "train/gradients.h"
#include "train/optimizers/flat_parameters.h"
#include "train/run_directory.h"
#include "train/tasks/task.h"
#include "train/train_options.h"

namespace heed {

/// Receives training callbacks.
class TrainObserver {
 public:
  virtual ~TrainObserver() = default;
  virtual void on_step(const TrainingState& state, double loss) = 0;
  virtual void on_evaluation(const MetricsRow& row, bool best) = 0;
};

/// A loss, gradient or weight that is not finite. The last checkpoint is the last good one.
class Diverged : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

enum class StopReason { steps_done, seconds_done, patience, interrupted };

/// Trains one model on one task into one run directory. train/distributed/distributed_trainer.h
/// trains on several ranks.
class Trainer {
 public:
  /// The model must already be on its device and in its precision: its parameters become views of
  /// a flat buffer (FlatParameters).
  Trainer(SequenceModel& model, const Task& task, const TrainOptions& options,
          const RunDirectory& run, TrainObserver& observer);
  virtual ~Trainer() = default;

  /// Continues from the checkpoint last/, or starts over if there is none.
  virtual void resume();

  /// Trains until the steps or the seconds are done, patience runs out, or `stop` becomes true, and
  /// then saves last/. Throws Diverged, or std::runtime_error if the run directory cannot be
  /// written.
  virtual StopReason train(const std::atomic<bool>& stop);

  /// Whether nothing is left to train: the last step is evaluated, or patience has run out.
  bool done() const;

  const TrainingState& state() const { return state_; }
  const Evaluation& last_evaluation() const { return last_evaluation_; }

 protected:
  // DistributedTrainer overrides these: ranks agree on the answers, and one of them writes.
  virtual bool should_stop(const std::atomic<bool>& stop) { return stop; }
  virtual Evaluation evaluate_model() { return evaluate(model_, task_, Split::validation); }
  virtual void start_metrics();
  virtual void record(const MetricsRow& row, bool best);
  virtual void write_last();

  /// Saves last/, unless the weights are not finite.
  void save_last();

  SequenceModel& model_;
  const Task& task_;
  const TrainOptions& options_;
  RunDirectory run_;
  TrainObserver& observer_;
  MetricsLog metrics_;
  FlatParameters parameters_;
  std::unique_ptr<Gradients> gradients_;
  std::unique_ptr<Optimizer> optimizer_;
  std::unique_ptr<Schedule> schedule_;
  TrainingState state_;

 private:
  double training_step();
  void clip_gradients();
  double learning_rate_now() const;
  void evaluate_and_record();
  [[noreturn]] void fail_diverged(const std::string& what, const std::string& hint = "") const;
  bool steps_are_left() const;
  bool out_of_time() const;
  bool out_of_patience() const;
  StopReason stop_reason() const;

  Evaluation last_evaluation_;
};

}  // namespace heed
