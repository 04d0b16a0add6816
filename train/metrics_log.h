#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "train/evaluation.h"

namespace heed {

/// One row of metrics.csv.
struct MetricsRow {
  int64_t step = 0;
  int64_t tokens = 0;
  double train_seconds = 0;
  double learning_rate = 0;
  double train_loss = 0;  ///< mean over the steps since the last row
  Evaluation validation;
};

/// metrics.csv: a row an evaluation, losses with all their digits.
class MetricsLog {
 public:
  explicit MetricsLog(std::filesystem::path path) : path_(std::move(path)) {}

  /// Starts anew.
  void start() const;
  /// Drops rows behind `step`, for a training that resumes there.
  void rewind(int64_t step) const;
  /// Throws std::runtime_error with the path and the system's reason.
  void append(const MetricsRow& row) const;

 private:
  std::filesystem::path path_;
};

}  // namespace heed
