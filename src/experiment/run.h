#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "src/experiment/config.h"
#include "train/run_directory.h"

namespace heed {

/// An opened run directory: the task, and the model with its trained weights.
struct Run {
  RunDirectory directory;
  ExperimentConfig config;
  std::shared_ptr<SequenceModel> model;  ///< in evaluation mode
  std::string checkpoint;                ///< "best", or "last" if there is no best one yet
  int64_t step = 0;                      ///< of that checkpoint
};

/// Opens a run directory. Throws std::runtime_error that says what is missing.
Run open_run(const std::filesystem::path& path, at::Device device = at::kCPU);

/// Changes settings of a run's task, each "task.key=value", such as the length of rows. The model
/// stays the same. Throws ConfigError for settings of anything else, or if the model cannot do the
/// changed task.
void change_task(Run& run, const std::vector<std::string>& settings);

/// The same for the length of rows (train.context). Throws ConfigError if the task's rows have a
/// length of their own.
void change_context(Run& run, int64_t context);

/// The tokenizer of the run's vocabulary; null if its task reads no text.
std::shared_ptr<const Tokenizer> load_tokenizer(const RunDirectory& directory);

/// "test", or else the validation split.
Split parse_split(const std::string& name);

/// "cpu" or "cuda"; ConfigError if this LibTorch or machine has none.
at::Device parse_device(const std::string& name);

}  // namespace heed
