#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "src/line_figure.h"
#include "train/evaluation.h"

namespace heed {

/// One run of a comparison.
struct Entry {
  std::string name, model;
  int64_t parameters = 0;
  int64_t steps = 0;
  double tokens_per_second = 0, train_seconds = 0;
  std::optional<double> bound = {};
  Evaluation evaluation = {};         ///< of its best weights, on the whole validation data
  std::vector<LinePoint> curve = {};  ///< step, validation loss
};

/// Opens a run directory and evaluates it. Throws what open_run throws.
Entry measure(const std::filesystem::path& run);

/// For people: the runs side by side, then a table a breakdown (agreement by distance ...).
std::string to_text(const std::vector<Entry>& entries);

/// A row a run, every number with all its digits.
std::string to_csv(const std::vector<Entry>& entries);

/// Validation loss against step, with the bound where there is one; `stem` without ending.
void draw_learning_curves(const std::vector<Entry>& entries, const std::filesystem::path& stem);

}  // namespace heed
