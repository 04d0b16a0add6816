#pragma once

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include "tests/train/files/temporary_folder.h"

namespace heed {

/// Lets this process mount file systems that no other process sees: as root, or in a user
/// namespace. Call it before there is a second thread. Returns the reason if it fails, or an empty
/// text.
inline std::string enter_private_mounts() {
  const auto user = ::getuid(), group = ::getgid();
  if (::unshare(CLONE_NEWNS) != 0) {
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
      return fmt::format("this system lets nobody mount a small disk: {}", std::strerror(errno));
    std::ofstream("/proc/self/setgroups") << "deny";
    std::ofstream("/proc/self/uid_map") << fmt::format("0 {} 1", user);
    std::ofstream("/proc/self/gid_map") << fmt::format("0 {} 1", group);
  }
  if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
    return fmt::format("this system keeps no mount private: {}", std::strerror(errno));
  const TemporaryFolder folder;
  if (::mount("none", folder.path().c_str(), "tmpfs", 0, "size=1m") != 0)
    return fmt::format("this system mounts no tmpfs: {}", std::strerror(errno));
  ::umount2(folder.path().c_str(), MNT_DETACH);
  return "";
}

/// A disk of a few megabytes in memory.
class SmallDisk {
 public:
  explicit SmallDisk(const std::string& size = "16m") {
    mount(0, ("size=" + size).c_str(), "mount");
  }
  ~SmallDisk() { ::umount2(path().c_str(), MNT_DETACH); }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  const std::filesystem::path& path() const { return folder_.path(); }

  uint64_t free_bytes() const {
    struct statvfs status {};
    if (::statvfs(path().c_str(), &status) != 0) throw std::runtime_error("cannot ask a disk");
    return status.f_bfree * status.f_bsize;
  }

  /// Leaves that many bytes free, in whole pages, or all of them.
  void fill_up_to(uint64_t free) {
    empty();
    const int file = ::open(filler().c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    const uint64_t now = free_bytes();
    const int failure = free < now ? ::posix_fallocate(file, 0, static_cast<off_t>(now - free)) : 0;
    ::close(file);
    if (failure != 0) throw std::runtime_error("cannot fill a disk");
  }
  void empty() { std::filesystem::remove(filler()); }

  void make_read_only(bool value) {
    mount(MS_REMOUNT | (value ? MS_RDONLY : 0), nullptr, "remount");
  }

 private:
  std::filesystem::path filler() const { return path() / "filler"; }

  void mount(unsigned long flags, const char* options, const char* doing) {
    if (::mount("none", path().c_str(), "tmpfs", flags, options) != 0)
      throw std::runtime_error(fmt::format("cannot {}: {}", doing, std::strerror(errno)));
  }

  TemporaryFolder folder_;
};

}  // namespace heed
