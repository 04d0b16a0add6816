// Compiled with OpenMP, which LibTorch's header wants: without it, everything runs on one thread.
#include "models/fused/kernels/parallel.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <atomic>
#include <vector>

namespace heed {
namespace {

int64_t quotient_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

// A thread's own chunks, neighbours in memory: those not yet taken, by it or by another.
struct alignas(64) Share {
  std::atomic<int64_t> next = 0;
  int64_t end = 0;
};

}  // namespace

// Each thread takes its own chunks first, the same in every pass over the same rows, so that it
// finds in its cache what it wrote there; then those that others have not come to.
void parallel_for(int64_t count, int64_t grain, c10::function_ref<void(int64_t, int64_t)> work,
                  int64_t chunks_per_thread) {
  const int64_t max_chunks = quotient_up(count, std::max<int64_t>(1, grain));
  const int64_t threads = std::min<int64_t>(at::get_num_threads(), max_chunks);
  if (threads <= 1 || at::in_parallel_region()) {
    if (count > 0) work(0, count);
    return;
  }
  const int64_t size = quotient_up(count, std::min(max_chunks, chunks_per_thread * threads));
  const int64_t chunks = quotient_up(count, size);
  std::vector<Share> shares(static_cast<size_t>(threads));
  for (int64_t t = 0; t < threads; ++t) {
    shares[static_cast<size_t>(t)].next = t * chunks / threads;
    shares[static_cast<size_t>(t)].end = (t + 1) * chunks / threads;
  }
  at::parallel_for(0, threads, 1, [&](int64_t first, int64_t) {
    for (int64_t helped = first; helped < first + threads; ++helped) {
      auto& share = shares[static_cast<size_t>(helped % threads)];
      for (int64_t chunk = share.next++; chunk < share.end; chunk = share.next++)
        work(chunk * size, std::min(count, (chunk + 1) * size));
    }
  });
}

}  // namespace heed
