#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

namespace heed {

/// Keeps bytes on disk, not in memory, until the file they belong to can be written. The spool file
/// lies beside `target` and has no name, so it disappears however the program ends. Errors are
/// std::runtime_error with the target's path and the system's reason.
class SpoolFile {
 public:
  explicit SpoolFile(std::filesystem::path target) : target_(std::move(target)) {}
  ~SpoolFile();
  SpoolFile(const SpoolFile&) = delete;
  SpoolFile& operator=(const SpoolFile&) = delete;

  /// The first call makes the file.
  void append(std::string_view bytes);

  uint64_t size() const { return size_; }

  /// Reads at least one and up to `count` bytes from `offset` on; throws if there are none.
  size_t read(uint64_t offset, char* bytes, size_t count) const;

 private:
  void open();
  [[noreturn]] void fail(int reason) const;

  std::filesystem::path target_;
  int descriptor_ = -1;
  uint64_t size_ = 0;
};

}  // namespace heed
