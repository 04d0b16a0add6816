#include "train/run_directory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <vector>

#include "train/file.h"

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
  const auto path = run.path() / ".lock";
  descriptor_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor_ < 0)
    throw std::runtime_error(
        fmt::format("cannot write {}: {}", path.string(), std::strerror(errno)));
  const auto patience =
      std::chrono::steady_clock::now() + std::chrono::duration<double>(wait_seconds);
  while (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
    if (std::chrono::steady_clock::now() < patience) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      continue;
    }
    ::close(descriptor_);
    throw std::runtime_error(fmt::format(
        "another process is training in {}; wait for it, or choose another folder with --run",
        run.path().string()));
  }
}

RunLock::~RunLock() { ::close(descriptor_); }

}  // namespace heed
