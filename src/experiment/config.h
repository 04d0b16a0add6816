#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "models/attention/attention_options.h"
#include "models/model_builder.h"
#include "src/analysis/options.h"
#include "train/run_directory.h"
#include "train/task.h"
#include "train/trainer.h"

namespace heed {

class SequenceModel;

/// A config file, or an override of it, that cannot be: one line a problem, `file:line: key: what
/// was expected, what came`. The program ends with status 2.
class ConfigError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Everything that makes a run, checked and complete.
struct ExperimentConfig {
  std::filesystem::path file;  ///< where it was read
  std::string name;
  int64_t seed = 1;
  std::string task_kind;
  std::string model_kind;
  std::unique_ptr<Task> task;  ///< its options are set; prepare() is still to be called
  std::unique_ptr<ModelBuilder> model;
  /// Where the matrix of the attention pattern is read from, if it has one; a run keeps a copy.
  std::filesystem::path attention_matrix;
  TrainOptions train;
  AnalysisOptions analysis;
  /// Keys that have a meaning for another kind of task or model and none for the chosen one.
  std::vector<std::string> unused;
  /// Where each key was given, "file:line" or "--set", for errors that show later.
  std::map<std::string, std::string> origins;
};

/// Reads a TOML file and applies `overrides` of the form "dotted.key=value" in their order; the
/// value is TOML, or a plain text. Throws ConfigError.
ExperimentConfig read_config(const std::filesystem::path& file,
                             const std::vector<std::string>& overrides = {});

/// The same for one run of a file that states a comparison (src/compare/plan.h): the keys that do
/// so are left out.
ExperimentConfig read_config_of_comparison(const std::filesystem::path& file,
                                           const std::vector<std::string>& overrides);

/// The complete config as TOML, every default written out; reading it gives the same experiment.
/// (Not const, since the options are visited where they live.)
std::string to_toml(ExperimentConfig& config);

/// Makes the task ready, and the model for it, its weights drawn from the seed. Throws ConfigError
/// for options that do not go together, std::runtime_error for data that do not serve.
void prepare_task(ExperimentConfig& config, std::shared_ptr<const Tokenizer> tokenizer = {});
std::shared_ptr<SequenceModel> build_model(const ExperimentConfig& config);

}  // namespace heed
