#pragma once

#include <filesystem>

namespace heed {

/// Whether this process has a file to itself; it is made where it is not there. The lock goes with
/// the process, however that ends, and on file systems that machines share it holds among them.
class FileLock {
 public:
  /// Does not wait. Throws std::runtime_error with the path and the system's reason.
  explicit FileLock(const std::filesystem::path& path);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

  bool held() const { return held_; }
  /// Once more.
  bool try_again();

 private:
  int descriptor_ = -1;
  bool held_ = false;
};

}  // namespace heed
