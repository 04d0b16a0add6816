#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "train/files/file_lock.h"

namespace heed {

/// A folder that holds all of one run:
///   config.toml      every setting, defaults written out
///   vocabulary.json  where the task reads text
///   metrics.csv      a row an evaluation
///   summary.json     what a script reads at the end
///   last/, best/     checkpoints
///   attention/       recorded maps
///   analysis/        what was measured of the heads, while training and after
///   attention_matrix.npy  who may attend to whom, where the config takes that from a file
///   log.txt          what the console said
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

  /// Removes what a run wrote, and nothing else that may lie in the folder.
  void clear() const;

 private:
  std::filesystem::path path_;
};

/// Held while a process trains into a run directory; a second one waits for it, if it may, and is
/// then refused with std::runtime_error. The lock goes with the process, however that ends.
class RunLock {
 public:
  explicit RunLock(const RunDirectory& run, double wait_seconds = 0);

 private:
  std::optional<FileLock> lock_;
};

}  // namespace heed
