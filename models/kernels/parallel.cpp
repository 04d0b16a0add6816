// Compiled with OpenMP, which LibTorch's header wants: without it, everything runs on one thread.
#include "models/kernels/parallel.h"

#include <ATen/Parallel.h>

namespace heed {

void parallel_for(int64_t count, int64_t grain, c10::function_ref<void(int64_t, int64_t)> work) {
  at::parallel_for(0, count, grain, [&work](int64_t begin, int64_t end) { work(begin, end); });
}

}  // namespace heed
