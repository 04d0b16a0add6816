#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <mutex>
#include <vector>

#include "train/distributed/communicator.h"
#include "train/optimizers/flat_parameters.h"

namespace heed {

/// Adds up the gradients of all ranks, in the flat buffer, while the backward pass still runs: each
/// bucket, a range of the buffer, as soon as all of its gradients are there (2006.15704, section
/// 3.2). The ranks must start the sums in one order: the first time it is the buffer's, then the
/// one in which rank 0's buckets became ready.
class GradientAllReduce {
 public:
  /// A bucket ends behind the parameter that fills `bucket_bytes`.
  GradientAllReduce(const FlatParameters& parameters, Communicator& ranks,
                    int64_t bucket_bytes = int64_t{1} << 20);

  /// Before a backward pass.
  void begin();
  /// The gradient of one parameter, by its place in parameters(), stands in the buffer. From any
  /// thread. On a GPU it does nothing.
  void ready(size_t parameter);
  /// After the pass, when every gradient stands in the buffer: waits until all are added up.
  void finish();

  int64_t buckets() const { return std::ssize(buckets_); }

 private:
  struct Bucket {
    int64_t first = 0, count = 0;         // numbers of the buffer
    int64_t parameters = 0, missing = 0;  // how many there are, and are not yet ready
  };
  void launch_ready();
  void start(const at::Tensor& numbers);
  void agree_on_order();

  at::Tensor gradients_;  // [N]
  Communicator& ranks_;
  std::vector<Bucket> buckets_;
  std::vector<size_t> bucket_of_;  // a parameter each
  std::mutex mutex_;
  std::vector<size_t> order_;         // in which the sums of buckets are started
  size_t started_ = 0;                // of that order
  std::vector<size_t> became_ready_;  // in the first pass
  bool agreed_ = false;
};

}  // namespace heed
