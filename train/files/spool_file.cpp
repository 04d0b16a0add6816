#include "train/files/spool_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

namespace heed {

SpoolFile::~SpoolFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void SpoolFile::append(std::string_view bytes) {
  if (descriptor_ < 0) open();
  while (!bytes.empty()) {
    const auto count = ::write(descriptor_, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) fail(count < 0 ? errno : EIO);
    size_ += static_cast<uint64_t>(count);
    bytes.remove_prefix(static_cast<size_t>(count));
  }
}

size_t SpoolFile::read(uint64_t offset, char* bytes, size_t count) const {
  while (true) {
    const auto got = ::pread(descriptor_, bytes, count, static_cast<off_t>(offset));
    if (got > 0) return static_cast<size_t>(got);
    if (got == 0 || errno != EINTR) fail(got < 0 ? errno : EIO);
  }
}

void SpoolFile::open() {
  auto name = target_.string() + ".XXXXXX";
  descriptor_ = ::mkostemp(name.data(), O_CLOEXEC);
  if (descriptor_ < 0) fail(errno);
  ::unlink(name.c_str());
}

void SpoolFile::fail(int reason) const {
  throw std::runtime_error(
      fmt::format("cannot write {}: {}", target_.string(), std::strerror(reason)));
}

}  // namespace heed
