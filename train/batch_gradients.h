#pragma once

#include <ATen/ATen.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "models/compute.h"
#include "train/distributed/communicator.h"
#include "train/distributed/gradient_all_reduce.h"
#include "train/optimizers/flat_parameters.h"
#include "train/task.h"

namespace heed {

class SequenceModel;

/// The loss of a batch and its gradients. On a CPU the rows are shared out among LibTorch's
/// threads: each takes its own forward and backward and waits for nobody, then the gradients are
/// added up. So the last digits follow from the number of threads and ranks, and from nothing else.
class BatchGradients {
 public:
  /// With several ranks each gives its own rows of a batch, and all get what the whole of it gives.
  BatchGradients(SequenceModel& model, const Task& task, const FlatParameters& parameters,
                 Communicator& ranks = Communicator::single_process());
  ~BatchGradients();
  BatchGradients(const BatchGradients&) = delete;
  BatchGradients& operator=(const BatchGradients&) = delete;

  /// Where a batch stands among those whose gradients are added up for one step.
  struct Pass {
    bool first = true;  ///< what the buffer held is forgotten
    bool last = true;   ///< the ranks add up what they have
  };
  struct Loss {
    double mean = 0;     ///< over what the batch asks for
    int64_t tokens = 0;  ///< positions in the batch
  };

  /// The mean loss over what the batch asks for; and `factor` times its gradients, added to the
  /// parameters' flat buffer. What dropout drops follows from `seed`.
  Loss compute(const Batch& batch, double factor, Pass pass, uint64_t seed,
               const ComputeOptions& how);

  /// How many shares `rows` rows are cut into for so many threads: one each where that leaves few
  /// of them idle, else 1, and the threads work on each operation together.
  static int64_t shares(int64_t rows, int64_t threads);

 private:
  struct Share {
    double loss = 0;                         // its part of the mean
    std::vector<at::Tensor> gradients = {};  // a parameter each; undefined: none
    std::vector<bool> arrived = {};          // a parameter each
  };
  struct Size {
    double scored = 0;
    int64_t tokens = 0;
  };
  Size size_of_whole(const Batch& batch) const;
  bool waits_for_ranks() const { return all_reduce_ && pass_.last; }
  void compute_share(Share& share, const Batch& batch, double factor, double scored);
  void arrive(Share& share, size_t parameter, const at::Tensor& gradient);
  void add_up(size_t parameter) const;
  void add_up_all();

  SequenceModel& model_;
  const Task& task_;
  std::vector<at::Tensor> parameters_;  // their gradients are views of the flat buffer
  Communicator& ranks_;
  std::unique_ptr<GradientAllReduce> all_reduce_;  // null without other ranks
  std::vector<unsigned> hooks_;                    // a parameter each, where there are other ranks

  // Of the pass that runs.
  Pass pass_;
  std::vector<Share> found_;
  std::vector<std::atomic<int64_t>> arrivals_;  // a parameter each: how many shares have it
};

}  // namespace heed
