#pragma once

#include "train/distributed/communicator.h"
#include "train/trainer.h"

namespace heed {

/// Trains on several ranks. Each takes its own rows of every batch, all hold the same weights, and
/// rank 0 reads and writes the run directory.
class DistributedTrainer : public Trainer {
 public:
  DistributedTrainer(SequenceModel& model, const Task& task, const TrainOptions& options,
                     const RunDirectory& run, TrainObserver& observer, Communicator& ranks);

  /// Rank 0 loads the checkpoint and shares it.
  void resume() override;

  /// The stop of one rank stops all of them. If a rank is lost, rank 0 saves the last complete step
  /// and RanksLost is thrown.
  StopReason train(const std::atomic<bool>& stop) override;

 protected:
  bool should_stop(const std::atomic<bool>& stop) override;
  Evaluation evaluate_model() override;
  void start_metrics() override;
  void record(const MetricsRow& row, bool best) override;
  void write_last() override;

 private:
  void share_state();

  Communicator& ranks_;
};

/// A Trainer for a single process, a DistributedTrainer for several ranks.
std::unique_ptr<Trainer> make_trainer(SequenceModel& model, const Task& task,
                                      const TrainOptions& options, const RunDirectory& run,
                                      TrainObserver& observer, Communicator& ranks);

}  // namespace heed
