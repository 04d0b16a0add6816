#pragma once

#include <ATen/ATen.h>

#include <nlohmann/json.hpp>

#include "src/experiment/config.h"
#include "train/distributed/communicator.h"
#include "train/run_directory.h"
#include "train/trainer.h"

namespace heed {

/// What to do where the run directory already holds a run.
enum class IfExists {
  refuse,  ///< throw ConfigError
  resume,  ///< continue from its last checkpoint
  replace  ///< remove it and start over
};

struct TrainingRequest {
  IfExists if_exists = IfExists::refuse;
  at::Device device = at::kCPU;
  double wait_seconds = 0;  ///< how long to wait for another process that trains there
  /// The ranks that train together. Rank 0 reads and writes the run directory. An exception ends
  /// all.
  Communicator* ranks = &Communicator::single_process();
};

/// Trains one experiment into a run directory, from writing config.toml to writing summary.json,
/// and logs its progress. Throws ConfigError, Diverged, or std::runtime_error.
StopReason run_training(ExperimentConfig& config, const RunDirectory& directory,
                        const TrainingRequest& request);

}  // namespace heed
