#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "src/experiment/config.h"
#include "train/run_directory.h"

namespace heed {

/// A finished or running experiment, opened to be used: its task and its model with the weights it
/// learned.
struct Run {
  RunDirectory directory;
  ExperimentConfig config;
  std::shared_ptr<SequenceModel> model;  ///< in evaluation mode
  std::string checkpoint;                ///< "best", or "last" where there is no best one yet
  int64_t step = 0;                      ///< of that checkpoint
};

/// Opens a run directory. Throws std::runtime_error that says what is missing.
Run open_run(const std::filesystem::path& path, at::Device device = at::kCPU);

/// Gives a run its task with other settings than in training, each "task.key=value", such as longer
/// rows, while its model stays as it is. Throws ConfigError for settings that are not the task's,
/// or that make the task one that this model cannot be asked.
void change_task(Run& run, const std::vector<std::string>& settings);

/// The same for the length of its rows (train.context). Throws ConfigError where they have a length
/// of their own.
void change_context(Run& run, int64_t context);

/// Of the vocabulary that a run keeps; null if its task reads no text.
std::shared_ptr<const Tokenizer> load_tokenizer(const RunDirectory& directory);

/// "test", else the validation split.
Split parse_split(const std::string& name);

/// "cpu" or "cuda"; ConfigError if this LibTorch or machine has none.
at::Device parse_device(const std::string& name);

}  // namespace heed
