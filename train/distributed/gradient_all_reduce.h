#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <mutex>
#include <vector>

#include "train/distributed/communicator.h"
#include "train/optimizers/flat_parameters.h"

namespace heed {

/// Adds up the gradients of all ranks in the flat buffer while the backward pass still runs. A
/// bucket, which is a range of the buffer, is summed as soon as all of its gradients are there
/// (2006.15704, section 3.2). The ranks must start the sums in the same order: the buffer's in the
/// first pass, then the order in which rank 0's buckets became ready.
class GradientAllReduce {
 public:
  /// A bucket ends after the parameter that fills `bucket_bytes`.
  GradientAllReduce(const FlatParameters& parameters, Communicator& ranks,
                    int64_t bucket_bytes = int64_t{1} << 20);

  /// Call before a backward pass.
  void begin();
  /// Says that the gradient of one parameter, by its index in parameters(), is in the buffer.
  /// Callable from any thread. On a GPU it does nothing.
  void ready(size_t parameter);
  /// Call after the pass, when every gradient is in the buffer: waits until all are added up.
  void finish();

  int64_t buckets() const { return std::ssize(buckets_); }

 private:
  struct Bucket {
    int64_t first = 0, count = 0;         // numbers of the buffer
    int64_t parameters = 0, missing = 0;  // how many there are, and how many are not ready yet
  };
  void launch_ready();
  void start(const at::Tensor& numbers);
  void agree_on_order();

  at::Tensor gradients_;  // [N]
  Communicator& ranks_;
  std::vector<Bucket> buckets_;
  std::vector<size_t> bucket_of_;  // by parameter
  std::mutex mutex_;
  std::vector<size_t> order_;         // the order in which buckets are summed
  size_t started_ = 0;                // buckets of that order
  std::vector<size_t> became_ready_;  // buckets, in the first pass
  bool agreed_ = false;
};

}  // namespace heed
