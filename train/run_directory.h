#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>

#include "train/evaluation.h"
#include "train/files/file_lock.h"

namespace heed {

/// The folder of one run:
///   config.toml      every setting, defaults written out
///   vocabulary.json  if the task reads text
///   metrics.csv      one row per evaluation
///   summary.json     the results, for scripts
///   last/, best/     checkpoints
///   attention/       recorded attention maps
///   analysis/        measurements of the heads, during training and after it
///   attention_matrix.npy  the attention pattern, if the config takes it from a file
///   log.txt          a copy of the console's messages
class RunDirectory {
 public:
  explicit RunDirectory(std::filesystem::path path) : path_(std::move(path)) {}

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path config() const { return path_ / "config.toml"; }
  std::filesystem::path vocabulary() const { return path_ / "vocabulary.json"; }
  std::filesystem::path metrics() const { return path_ / "metrics.csv"; }
  std::filesystem::path summary() const { return path_ / "summary.json"; }
  std::filesystem::path last() const { return path_ / "last"; }
  std::filesystem::path best() const { return path_ / "best"; }
  std::filesystem::path attention() const { return path_ / "attention"; }
  std::filesystem::path analysis() const { return path_ / "analysis"; }
  std::filesystem::path attention_matrix() const { return path_ / "attention_matrix.npy"; }
  std::filesystem::path log() const { return path_ / "log.txt"; }

  /// Whether a run was started here.
  bool holds_run() const { return std::filesystem::exists(config()); }

  /// Removes the run's files. Other files in the folder stay.
  void clear() const;

 private:
  std::filesystem::path path_;
};

/// Held while a process trains into a run directory. A second process waits for up to
/// `wait_seconds`; then the constructor throws std::runtime_error. The lock ends with the process,
/// however that ends.
class RunLock {
 public:
  explicit RunLock(const RunDirectory& run, double wait_seconds = 0);

 private:
  std::optional<FileLock> lock_;
};

/// One row of metrics.csv.
struct MetricsRow {
  int64_t step = 0;
  int64_t tokens = 0;
  double train_seconds = 0;
  double learning_rate = 0;
  double train_loss = 0;  ///< mean over the steps since the last row
  Evaluation validation;
};

/// metrics.csv: one row per evaluation. Numbers are written in the shortest form that reads back
/// the same; seconds are rounded to three decimals.
class MetricsLog {
 public:
  explicit MetricsLog(std::filesystem::path path) : path_(std::move(path)) {}

  /// Starts an empty file.
  void start() const;
  /// Drops the rows after `step`, for a training that resumes there.
  void rewind(int64_t step) const;
  /// Throws std::runtime_error with the path and the system's reason.
  void append(const MetricsRow& row) const;

 private:
  std::filesystem::path path_;
};

}  // namespace heed
