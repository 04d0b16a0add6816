#pragma once

#include <filesystem>

namespace heed {

/// Locks a file for this process; makes the file if there is none. The lock ends with the process,
/// however that ends. On a file system shared by several machines it holds among all of them.
class FileLock {
 public:
  /// Tries once, without waiting. Throws std::runtime_error with the path and the system's reason.
  explicit FileLock(const std::filesystem::path& path);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

  bool held() const { return held_; }
  /// Tries once more.
  bool try_again();

 private:
  int descriptor_ = -1;
  bool held_ = false;
};

}  // namespace heed
