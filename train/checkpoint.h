#pragma once

#include <filesystem>
#include <limits>
#include <nlohmann/json_fwd.hpp>

#include "train/optimizer.h"

namespace torch::nn {
class Module;
}

namespace heed {

/// Where a training stands, apart from weights and optimizer.
struct TrainingState {
  int64_t step = 0;  ///< steps done; the data of a step follow from its number
  int64_t tokens = 0;
  double best_val_loss = std::numeric_limits<double>::infinity();
  double val_loss = std::numeric_limits<double>::quiet_NaN();
  int64_t evaluated_step = -1;  ///< at which val_loss was measured
  int64_t evaluations_since_best = 0;
  double train_loss_sum = 0;  ///< since the last evaluation
  int64_t train_loss_count = 0;
  double train_seconds = 0;
  double wall_seconds = 0;
  double learning_rate = 0;  ///< of the last step
};

nlohmann::json to_json(const TrainingState& state);

/// A checkpoint is a folder: model.safetensors, optimizer.safetensors (with the generator of
/// dropout) and state.json. It is written beside and renamed into place: whatever interrupts it,
/// the previous one or the new one can be read. Throws std::runtime_error with the path and the
/// system's reason.
void save_checkpoint(const std::filesystem::path& folder, const torch::nn::Module& model,
                     const Optimizer* optimizer, const TrainingState& state);

/// Weights and buffers alone go to inference; the names and shapes must be the model's. Returns how
/// far its training was. Throws std::runtime_error that names the file and the first tensor that
/// does not fit.
TrainingState load_model(const std::filesystem::path& folder, torch::nn::Module& model);

/// Everything, to train on.
TrainingState load_checkpoint(const std::filesystem::path& folder, torch::nn::Module& model,
                              Optimizer& optimizer);

/// Whether `folder`, or what an interrupted save left of it, can be loaded.
bool checkpoint_exists(const std::filesystem::path& folder);

}  // namespace heed
