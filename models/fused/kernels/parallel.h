#pragma once

#include <c10/util/FunctionRef.h>

#include <cstdint>

namespace heed {

/// Calls work(begin, end) on chunks of [0, count) of at least `grain` each, on LibTorch's threads;
/// at once, on this thread, where there is a single chunk. A chunk's results must not rest on how
/// the range was cut. A thread begins with `chunks_per_thread` of them: more than one let the
/// others help it where its core has other things to do.
void parallel_for(int64_t count, int64_t grain, c10::function_ref<void(int64_t, int64_t)> work,
                  int64_t chunks_per_thread = 4);

}  // namespace heed
