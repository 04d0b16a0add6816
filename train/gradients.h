#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

#include "train/optimizers/flat_parameters.h"
#include "train/tasks/task.h"
#include "train/train_options.h"

namespace heed {

class SequenceModel;

/// Computes the gradients of a training step.
class Gradients {
 public:
  virtual ~Gradients() = default;

  struct Loss {
    double mean = 0;     ///< over scored positions
    int64_t tokens = 0;  ///< positions in the batch
  };

  /// Writes the gradients of the mean loss over the rows of training step `step`, counted from 0,
  /// into the parameters' flat buffer.
  virtual Loss of_step(int64_t step) = 0;
};

/// The gradients of one process. On a CPU the rows of a batch are shared out among LibTorch's
/// threads: each runs its own forward and backward pass, and then the gradients are added up. Last
/// digits therefore depend on the number of threads, but on nothing else.
class LocalGradients : public Gradients {
 public:
  LocalGradients(SequenceModel& model, const Task& task, const FlatParameters& parameters,
                 const TrainOptions& options);
  LocalGradients(const LocalGradients&) = delete;
  LocalGradients& operator=(const LocalGradients&) = delete;

  Loss of_step(int64_t step) override;

  /// One of the batches whose gradients are averaged for a step.
  struct Pass {
    double factor = 1;  ///< scales the gradients
    bool first = true;  ///< replaces the gradients in the buffer; later passes add to them
    bool last = true;   ///< completes the step
  };

  /// The mean loss of a batch, and its gradients in the flat buffer. `seed` decides what dropout
  /// drops.
  virtual Loss of_batch(const Batch& batch, Pass pass, uint64_t seed);

  /// How many shares `rows` rows are cut into: one per thread if that keeps most threads busy, else
  /// 1, and the threads work together on each operation.
  static int64_t share_count(int64_t rows, int64_t threads);

 protected:
  /// One thread's part of a batch.
  struct Share {
    double loss = 0;                         // its part of the mean
    std::vector<at::Tensor> gradients = {};  // one per parameter; undefined: the loss has none
  };

  /// The rows of a batch that this process computes. `first` is the row number at which the whole
  /// batch begins.
  virtual Batch make_batch(int64_t first) const;
  /// The backward pass of one share: fills in its gradients. `loss` is undefined if the share
  /// scores nothing. Called on several threads at once.
  virtual void differentiate(Share& share, const at::Tensor& loss);

  std::vector<Share> make_shares(const Batch& batch) const;
  /// The forward and backward passes of all shares. `scored` positions count in the whole batch.
  void compute_shares(std::vector<Share>& shares, const Batch& batch, double factor, double scored,
                      uint64_t seed);
  /// Adds up the shares' gradients of one parameter, or of all, in the flat buffer.
  void add_up(const std::vector<Share>& shares, size_t parameter, bool replace) const;
  void add_up(const std::vector<Share>& shares, bool replace) const;
  double count_scored(const Batch& batch) const;

  const std::vector<at::Tensor>& parameters() const { return parameters_; }
  const Task& task() const { return task_; }
  const TrainOptions& options() const { return options_; }

 private:
  void compute_share(Share& share, const Batch& batch, double factor, double scored);

  SequenceModel& model_;
  const Task& task_;
  const TrainOptions& options_;
  ComputeOptions compute_;
  std::vector<at::Tensor> parameters_;  // their gradients are views of the flat buffer
};

}  // namespace heed
