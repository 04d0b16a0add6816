#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "models/sequence_model.h"
#include "src/experiment/config.h"
#include "train/trainer.h"

namespace heed {

/// A training as `heed train` does it, some steps at a time, whose steps are timed: batch, forward
/// and backward pass, clipping and the optimizer; not what is evaluated or saved between.
class TimedTraining {
 public:
  /// Of `config`, as TOML; writes into `folder`, which must exist. Throws ConfigError.
  TimedTraining(const std::string& config, const std::vector<std::string>& overrides,
                const std::filesystem::path& folder);

  /// Trains on, and returns the seconds of each step.
  std::vector<double> steps(int64_t count);

  int64_t tokens_a_step() const;
  /// Of the matrix products that a step needs, forward and backward, counted as multiplications
  /// and additions; of causal attention the half that is not masked.
  double product_operations();

 private:
  struct Clock : TrainObserver {
    std::vector<double> seconds = {};
    double before = 0;
    int64_t wanted = 0;
    std::atomic<bool> stop = false;

    void on_step(const TrainingState& state, double) override;
    void on_evaluation(const MetricsRow&, bool) override {}
  };

  ExperimentConfig config_;
  std::shared_ptr<SequenceModel> model_;
  Clock clock_;
  std::unique_ptr<Trainer> trainer_;
};

}  // namespace heed
