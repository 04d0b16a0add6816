#include "train/run_directory.h"

#include <fmt/format.h>

#include <chrono>
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

}  // namespace

// Whatever interrupts it, what is left of a checkpoint is none, and the folder still holds a run.
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

}  // namespace heed
