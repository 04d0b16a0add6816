#include "train/run_directory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <thread>

#include "train/file.h"

namespace heed {
namespace fs = std::filesystem;

void RunDirectory::clear() const {
  for (const auto& path : {config(), vocabulary(), metrics(), summary(), last(), best(),
                           attention(), analysis(), attention_matrix(), log(), path_ / "last.old",
                           path_ / "last.new", path_ / "best.old", path_ / "best.new"}) {
    std::error_code error;
    fs::remove_all(path, error);
    if (error)
      throw std::runtime_error(fmt::format("cannot remove {}: {}", path.string(), error.message()));
  }
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
