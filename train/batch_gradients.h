#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

#include "models/compute.h"
#include "train/flat_parameters.h"
#include "train/task.h"

namespace heed {

class SequenceModel;

/// The loss of a batch and its gradients. On a CPU the rows are shared out among LibTorch's
/// threads: each takes its own forward and backward and waits for nobody, then the gradients are
/// added up. So the last digits follow from the number of threads, and from nothing else.
class BatchGradients {
 public:
  BatchGradients(SequenceModel& model, const Task& task, const FlatParameters& parameters);

  /// The mean loss over what `batch` asks for, and `factor` times its gradients: written into the
  /// parameters' flat buffer, or added to what that holds. What dropout drops follows from `seed`.
  double compute(const Batch& batch, double factor, bool add, uint64_t seed,
                 const ComputeOptions& how);

  /// How many shares `rows` rows are cut into for so many threads: one each where that leaves few
  /// of them idle, else 1, and the threads work on each operation together.
  static int64_t shares(int64_t rows, int64_t threads);

 private:
  struct Share {
    double loss = 0;                         // its part of the mean
    std::vector<at::Tensor> gradients = {};  // a parameter each; undefined: none
  };
  Share compute_share(const Batch& batch, double factor, double scored) const;
  void gather(const std::vector<Share>& shares, bool add) const;

  SequenceModel& model_;
  const Task& task_;
  std::vector<at::Tensor> parameters_;  // their gradients are views of the flat buffer
};

}  // namespace heed
