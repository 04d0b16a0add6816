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

/// A training run as in `heed train`, a few steps at a time. A step's time covers the batch, the
/// forward and backward pass, clipping and the optimizer, but no evaluation or checkpoint.
class TimedTraining {
 public:
  /// `config` is TOML. Writes into `folder`, which must exist. Throws ConfigError.
  TimedTraining(const std::string& config, const std::vector<std::string>& overrides,
                const std::filesystem::path& folder);

  /// Trains `count` more steps and returns the seconds of each.
  std::vector<double> steps(int64_t count);

  int64_t tokens_per_step() const;
  /// The number of multiplications and additions in the matrix products of a step, forward and
  /// backward. Of causal attention, only the half that is not masked counts.
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
