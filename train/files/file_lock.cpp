#include "train/files/file_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace heed {

FileLock::FileLock(const std::filesystem::path& path) {
  descriptor_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor_ < 0)
    throw std::runtime_error(
        fmt::format("cannot write {}: {}", path.string(), std::strerror(errno)));
  try_again();
}

FileLock::~FileLock() { ::close(descriptor_); }

bool FileLock::try_again() {
  held_ = held_ || ::flock(descriptor_, LOCK_EX | LOCK_NB) == 0;
  return held_;
}

}  // namespace heed
