#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "src/experiment/config.h"

namespace heed {

/// One value of an axis of the grid: its label, and the settings KEY=VALUE that it stands for.
struct Choice {
  std::string label;
  std::vector<std::string> settings;
};

struct GridAxis {
  std::string name;  ///< "model", "seed", or the key: "train.lr"
  std::vector<Choice> choices;
  bool tuned = false;  ///< each model takes its best choice, by validation loss
};

/// A text as part of a file name: all but letters, digits and ._-+= becomes "_".
std::string file_name(const std::string& text);

/// The last part of a key: "lr" of "train.lr".
std::string short_name(const std::string& axis);

/// The position of a run in a grid: (axis, label), in the order of the axes.
using GridPoint = std::vector<std::pair<std::string, std::string>>;

/// The label on an axis; empty where the point has no such axis.
const std::string& label_at(const GridPoint& point, const std::string& axis);

/// One training of a grid.
struct PlannedRun {
  std::string name;  ///< of its folder: "lstm,length=100,lr=0.003,seed=2"
  GridPoint grid_point;
  std::vector<std::string> settings;  ///< KEY=VALUE, on top of the file

  const std::string& label(const std::string& axis) const { return label_at(grid_point, axis); }
};

/// The condition under which a run has solved its task.
struct SolvedWhen {
  std::string measure;  ///< a score, or "loss"; empty: the task's main measure
  double at_least = 0.99;
  double at_most = 0;  ///< of a loss, or the root of a mean squared error
};

/// A comparison as its file states it: an ordinary config with these keys besides:
///   [models.NAME]         settings of one model, as in an ordinary config: model.kind = "lstm"
///   [grid]                "train.batch" = [16, 64], or a table of named settings:
///                         budget = { short = { train.steps = 100 }, long = { ... } }
///   [tune]                the same; each model gets its best of these, chosen on validation
///   seeds = [1, 2, 3]
///   [match] parameters    the number of parameters that each model's width is chosen for, within
///                         `tolerance`
///   [test] task.length    the task is tested with these settings too
///   [solved]              measure, at_least, at_most
///   [cost] lengths        at which a step's time and memory are measured; [] for none
struct Plan {
  std::filesystem::path file;
  std::string name;
  std::string comment;                 ///< the opening comment of the file
  std::vector<std::string> overrides;  ///< KEY=VALUE for every run, from the command line
  bool single = false;                 ///< an ordinary config: one run, named like the config
  std::vector<GridAxis> axes;
  std::optional<int64_t> parameters = {};
  double tolerance = 0.05;
  std::vector<std::string> test_settings = {};
  SolvedWhen solved = {};
  std::vector<int64_t> cost_lengths = {32, 64, 128, 256, 512};

  /// All combinations.
  std::vector<PlannedRun> runs() const;
};

/// Reads one; an ordinary config is a plan of one run. `overrides` as for read_config; they may
/// reach the plan's own keys too (match.parameters=5000, seeds=[1]). Throws ConfigError.
Plan read_plan(const std::filesystem::path& file, const std::vector<std::string>& overrides);

/// The complete config of one run of it, its width matched. Throws ConfigError.
ExperimentConfig read_planned(const Plan& plan, const PlannedRun& run);

}  // namespace heed
