#pragma once

#include <sys/resource.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>

// AddressSanitizer keeps terabytes of addresses for itself.
#if defined(__SANITIZE_ADDRESS__)
#define HEED_TESTS_UNDER_ASAN 1
#elif defined(__has_feature)
#define HEED_TESTS_UNDER_ASAN __has_feature(address_sanitizer)
#else
#define HEED_TESTS_UNDER_ASAN 0
#endif

namespace heed {

/// The address space that is left while it lives, in bytes; nothing under AddressSanitizer, which
/// takes all of it.
class MemoryLimit {
 public:
  explicit MemoryLimit(uint64_t room) {
    ::getrlimit(RLIMIT_AS, &before_);
    std::ifstream status("/proc/self/statm");
    uint64_t pages = 0;
    status >> pages;
    rlimit limit = before_;
    limit.rlim_cur = pages * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE)) + room;
#if !HEED_TESTS_UNDER_ASAN
    ::setrlimit(RLIMIT_AS, &limit);
#endif
  }
  ~MemoryLimit() { ::setrlimit(RLIMIT_AS, &before_); }
  MemoryLimit(const MemoryLimit&) = delete;
  MemoryLimit& operator=(const MemoryLimit&) = delete;

 private:
  rlimit before_{};
};

}  // namespace heed
