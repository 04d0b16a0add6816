#pragma once

#include <atomic>

namespace heed {

/// While it exists, the first Ctrl-C or SIGTERM sets a flag instead of ending the program; the
/// second one ends it.
class InterruptGuard {
 public:
  InterruptGuard();
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

  const std::atomic<bool>& requested() const;
};

}  // namespace heed
