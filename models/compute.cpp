// Compiled with OpenMP: without it LibTorch's header runs everything on one thread.
#include "models/compute.h"

#include <ATen/Parallel.h>
#include <c10/util/StringUtil.h>

#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <vector>

namespace heed {
namespace {

ComputeOptions& current_options() {
  thread_local ComputeOptions options;
  return options;
}

std::string type_name(c10::ScalarType type) {
  switch (type) {
    case c10::kDouble:
      return "float64";
    case c10::kHalf:
      return "float16";
    case c10::kBFloat16:
      return "bfloat16";
    default:
      return c10::toString(type);
  }
}

int64_t quotient_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

// The chunks of one thread, neighbours in memory, that no thread has taken yet.
struct alignas(64) Share {
  std::atomic<int64_t> next = 0;
  int64_t end = 0;
};

}  // namespace

const ComputeOptions& compute_options() { return current_options(); }

ComputeScope::ComputeScope(const ComputeOptions& options) : before_(current_options()) {
  current_options() = options;
}

ComputeScope::~ComputeScope() { current_options() = before_; }

namespace fused {

std::string Choice::reason() const {
  switch (reason_) {
    case Reason::none:
      return "";
    case Reason::not_built:
      return "built without kernels (HEED_FUSED=OFF)";
    case Reason::option:
      return "train.kernels = reference";
    case Reason::type:
      return type_name(type_);
    case Reason::device:
      return "not on a CPU";
    case Reason::dropout:
      return c10::str("dropout ", dropout_);
    case Reason::mask:
      return "a mask of attention.pattern";
    case Reason::window:
      return "the sliding window of attention.pattern";
    case Reason::position:
      return c10::str("model.position = ", position_);
    case Reason::bias_gradient:
      return "a trained bias of the scores";
    case Reason::norm_last:
      return "model.norm = post";
    case Reason::hook:
      return "attention is observed";
    case Reason::cache:
      return "keys and values from a cache";
    case Reason::attention_between_steps:
      return "attention between steps";
  }
  throw std::logic_error("a reason without words");
}

}  // namespace fused

// Each thread takes its own chunks first. They are the same in every pass over the same rows, so
// that the thread finds in its cache what it wrote there. Then it takes chunks of other threads.
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
