#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <nlohmann/json_fwd.hpp>

#include "train/optimizers/optimizer.h"

namespace torch::nn {
class Module;
}

namespace heed {

/// The progress of a training, apart from weights and optimizer.
struct TrainingState {
  int64_t step = 0;  ///< steps done; a step's rows follow from its number
  int64_t tokens = 0;
  double best_val_loss = std::numeric_limits<double>::infinity();
  double val_loss = std::numeric_limits<double>::quiet_NaN();
  int64_t evaluated_step = -1;  ///< the step at which val_loss was measured
  int64_t evaluations_since_best = 0;
  double train_loss_sum = 0;  ///< since the last evaluation
  int64_t train_loss_count = 0;
  double train_seconds = 0;
  double wall_seconds = 0;
  double learning_rate = 0;  ///< of the last step
};

nlohmann::json to_json(const TrainingState& state);

/// The state of LibTorch's default generator on the CPU, copied: [n] uint8.
at::Tensor generator_state();
void restore_generator(const at::Tensor& state);

/// A checkpoint is a folder with model.safetensors, optimizer.safetensors (and in it the state of
/// LibTorch's generator, which seeds dropout) and state.json. It is written beside `folder` and
/// renamed into place, so that the previous checkpoint or the new one can be read, whatever
/// interrupts the save. Throws std::runtime_error with the path and the system's reason.
void save_checkpoint(const std::filesystem::path& folder, const torch::nn::Module& model,
                     const Optimizer* optimizer, const TrainingState& state);

/// Loads weights and buffers, which are all that inference needs, and returns the training's
/// progress. Throws std::runtime_error that names the file and the first tensor whose name or shape
/// does not fit the model.
TrainingState load_model(const std::filesystem::path& folder, torch::nn::Module& model);

/// Loads everything that training needs to continue.
TrainingState load_checkpoint(const std::filesystem::path& folder, torch::nn::Module& model,
                              Optimizer& optimizer);

/// Whether a checkpoint can be loaded from `folder`, or from what an interrupted save left beside
/// it.
bool checkpoint_exists(const std::filesystem::path& folder);

}  // namespace heed
