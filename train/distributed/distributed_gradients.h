#pragma once

#include <ATen/ATen.h>

#include <atomic>
#include <cstdint>
#include <vector>

#include "train/distributed/communicator.h"
#include "train/distributed/gradient_all_reduce.h"
#include "train/gradients.h"

namespace heed {

/// The gradients of several ranks. Each rank computes its own rows of a batch, and all of them get
/// the gradients and the loss of the whole batch. The ranks' gradients are added up while the
/// backward pass still runs.
class DistributedGradients : public LocalGradients {
 public:
  DistributedGradients(SequenceModel& model, const Task& task, const FlatParameters& parameters,
                       const TrainOptions& options, Communicator& ranks);
  ~DistributedGradients() override;

  /// If a rank is lost on the way, LibTorch's generator is left as it was before the step.
  Loss of_step(int64_t step) override;

  Loss of_batch(const Batch& batch, Pass pass, uint64_t seed) override;

 protected:
  Batch make_batch(int64_t first) const override;
  void differentiate(Share& share, const at::Tensor& loss) override;

 private:
  struct Size {
    double scored = 0;
    int64_t tokens = 0;
  };
  Size sum_sizes(const Batch& batch) const;
  void arrive(size_t share, size_t parameter, const at::Tensor& gradient);

  Communicator& ranks_;
  GradientAllReduce all_reduce_;
  std::vector<unsigned> hooks_;  // one per parameter

  // The pass that runs, if it completes a step: only then the ranks add up their gradients.
  std::vector<Share>* shares_ = nullptr;
  bool replace_ = true;
  std::vector<std::vector<bool>> arrived_;      // by share and parameter
  std::vector<std::atomic<int64_t>> arrivals_;  // by parameter: how many shares have its gradient
};

}  // namespace heed
