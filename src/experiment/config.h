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
#include "train/tasks/task.h"
#include "train/trainer.h"

namespace heed {

class SequenceModel;

/// An invalid config file or override, as "file:line: key: what was expected, what came". The
/// program ends with status 2.
class ConfigError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Everything that defines a run, checked and complete.
struct ExperimentConfig {
  std::filesystem::path file;  ///< the file that it was read from
  std::string name;
  int64_t seed = 1;
  std::string task_kind;
  std::string model_kind;
  std::unique_ptr<Task> task;  ///< its options are set; prepare() is still to be called
  std::unique_ptr<ModelBuilder> model;
  /// The file of the attention pattern's matrix, if it has one. A run keeps a copy.
  std::filesystem::path attention_matrix;
  TrainOptions train;
  AnalysisOptions analysis;
  /// Warnings about keys that another kind of task or model uses, but not the chosen one.
  std::vector<std::string> ignored;
  /// Where each key was given, "file:line" or "--set", for errors that show later.
  std::map<std::string, std::string> origins;
};

/// Reads a TOML file and applies `overrides` of the form "dotted.key=value" in their order; the
/// value is TOML, or a plain text. Throws ConfigError.
ExperimentConfig read_config(const std::filesystem::path& file,
                             const std::vector<std::string>& overrides = {});

/// The same for one run of a file that defines a grid (src/compare/plan.h), whose keys are ignored.
ExperimentConfig read_config_of_grid(const std::filesystem::path& file,
                                     const std::vector<std::string>& overrides);

/// The options at the top of a config: name and seed.
OptionList describe_top(ExperimentConfig& config);

/// One key of a config and its value.
struct Setting {
  std::string key;    ///< "train.lr"
  std::string value;  ///< as TOML
  bool changes_on_resume = false;
};

/// Every setting, defaults included, in the order of config.toml. (The config is not const, since
/// options are described by pointers to their fields.)
std::vector<Setting> list_settings(ExperimentConfig& config);

/// The complete config as TOML, every default written out; reading it gives the same experiment.
std::string to_toml(ExperimentConfig& config);

/// A setting whose value differs between two configs.
struct ChangedSetting {
  std::string key, before, now;
  bool changes_on_resume = false;
};

std::vector<ChangedSetting> changed_settings(ExperimentConfig& before, ExperimentConfig& now);

/// Prepares the task, and builds the model for it with weights drawn from the seed. Both throw
/// ConfigError for options that do not go together, and std::runtime_error for unusable data.
void prepare_task(ExperimentConfig& config, std::shared_ptr<const Tokenizer> tokenizer = {});
std::shared_ptr<SequenceModel> build_model(const ExperimentConfig& config);

}  // namespace heed
