#include "train/run_directory.h"

#include <fmt/format.h>

#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <vector>

#include "train/files/file.h"

namespace heed {
namespace fs = std::filesystem;
namespace {

void remove_path(const fs::path& path) {
  std::error_code error;
  fs::remove_all(path, error);
  if (error)
    throw std::runtime_error(fmt::format("cannot remove {}: {}", path.string(), error.message()));
}

using Columns = std::vector<std::pair<std::string, std::string>>;

Columns make_columns(const MetricsRow& row) {
  const auto& validation = row.validation;
  Columns columns = {{"step", fmt::to_string(row.step)},
                     {"tokens", fmt::to_string(row.tokens)},
                     {"train_seconds", fmt::to_string(std::round(1000 * row.train_seconds) / 1000)},
                     {"lr", fmt::to_string(row.learning_rate)},
                     {"train_loss", fmt::to_string(row.train_loss)},
                     {"val_loss", fmt::to_string(validation.loss)},
                     {"val_loss_error", fmt::to_string(validation.standard_error)}};
  if (validation.exact_loss) {
    columns.emplace_back("excess", fmt::to_string(validation.excess));
    columns.emplace_back("excess_error", fmt::to_string(validation.excess_error));
  }
  for (const auto& score : validation.scores.all)
    if (score.by.empty()) columns.emplace_back(score.measure, fmt::to_string(score.accuracy()));
  return columns;
}

}  // namespace

// state.json goes first and the config last: after an interruption at any point, no half-removed
// checkpoint can be loaded, and the folder still counts as a run.
void RunDirectory::clear() const {
  std::vector<fs::path> checkpoints;
  for (const char* name : {"last", "last.old", "last.new", "best", "best.old", "best.new"})
    checkpoints.push_back(path_ / name);
  for (const auto& checkpoint : checkpoints) remove_path(checkpoint / "state.json");
  for (const auto& checkpoint : checkpoints) remove_path(checkpoint);
  for (const auto& path : {vocabulary(), metrics(), summary(), attention(), analysis(),
                           attention_matrix(), log(), config()})
    remove_path(path);
}

RunLock::RunLock(const RunDirectory& run, double wait_seconds) {
  make_folder(run.path());
  lock_.emplace(run.path() / ".lock");
  const auto patience =
      std::chrono::steady_clock::now() + std::chrono::duration<double>(wait_seconds);
  while (!lock_->try_again()) {
    if (std::chrono::steady_clock::now() >= patience)
      throw std::runtime_error(fmt::format(
          "another process is training in {}; wait for it, or choose another folder with --run",
          run.path().string()));
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

void MetricsLog::start() const { write_file(path_, ""); }

void MetricsLog::rewind(int64_t step) const {
  if (!std::filesystem::exists(path_)) return start();
  std::istringstream old(read_file(path_));
  std::string kept, line;
  // A row that a kill cut short has no line end, so getline reaches the end of the file in it. It
  // comes after the checkpoint and is dropped too.
  for (bool header = true; std::getline(old, line) && !old.eof(); header = false)
    if (header || std::atoll(line.c_str()) <= step) kept += line + "\n";
  write_file(path_, kept);
}

void MetricsLog::append(const MetricsRow& row) const {
  const bool empty = !std::filesystem::exists(path_) || std::filesystem::file_size(path_) == 0;
  std::string names, values;
  for (const auto& [name, value] : make_columns(row)) {
    names += (names.empty() ? "" : ",") + name;
    values += (values.empty() ? "" : ",") + value;
  }
  errno = 0;
  std::ofstream out(path_, std::ios::app);
  out << (empty ? names + "\n" : "") << values + "\n" << std::flush;
  if (!out)
    throw std::runtime_error(
        fmt::format("cannot write {}: {}", path_.string(), std::strerror(errno ? errno : EIO)));
}

}  // namespace heed
