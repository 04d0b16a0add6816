#include "train/distributed/distributed_trainer.h"

#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include <array>
#include <span>
#include <type_traits>

#include "models/sequence_model.h"
#include "train/distributed/distributed_evaluation.h"
#include "train/distributed/distributed_gradients.h"

namespace heed {
namespace {

// For the ranks that do not report.
class SilentObserver : public TrainObserver {
 public:
  void on_step(const TrainingState&, double) override {}
  void on_evaluation(const MetricsRow&, bool) override {}
};

TrainObserver& choose_observer(TrainObserver& observer, const Communicator& ranks) {
  static SilentObserver silent;
  return ranks.is_root() ? observer : silent;
}

// Rank 0's tensor, on all ranks.
void broadcast(Communicator& ranks, const at::Tensor& tensor) {
  const at::NoGradGuard no_gradients;
  const auto bytes = tensor.cpu().contiguous();  // the tensor itself, or a copy of it
  ranks.broadcast({static_cast<std::byte*>(bytes.mutable_data_ptr()), bytes.nbytes()});
  if (bytes.const_data_ptr() != tensor.const_data_ptr()) at::Tensor(tensor).copy_(bytes);
}

}  // namespace

DistributedTrainer::DistributedTrainer(SequenceModel& model, const Task& task,
                                       const TrainOptions& options, const RunDirectory& run,
                                       TrainObserver& observer, Communicator& ranks)
    : Trainer(model, task, options, run, choose_observer(observer, ranks)), ranks_(ranks) {
  gradients_ = std::make_unique<DistributedGradients>(model, task, parameters_, options, ranks);
  share_state();
}

void DistributedTrainer::resume() {
  if (ranks_.is_root()) Trainer::resume();
  share_state();
}

StopReason DistributedTrainer::train(const std::atomic<bool>& stop) {
  try {
    return Trainer::train(stop);
  } catch (const RanksLost& lost) {
    if (!ranks_.is_root()) throw;
    save_last();  // the weights are those of the last step that all ranks completed
    throw RanksLost(fmt::format("{}; step {} is saved, and --resume continues from there",
                                lost.what(), state_.step));
  }
}

// Rank 0's clock counts for all, and the stop of one rank stops all.
bool DistributedTrainer::should_stop(const std::atomic<bool>& stop) {
  std::array<double, 2> sums = {stop ? 1.0 : 0.0, ranks_.is_root() ? state_.train_seconds : 0.0};
  ranks_.sum(sums);
  state_.train_seconds = sums[1];
  return sums[0] > 0;
}

Evaluation DistributedTrainer::evaluate_model() {
  return evaluate(model_, task_, Split::validation, ranks_);
}

void DistributedTrainer::start_metrics() {
  if (ranks_.is_root()) Trainer::start_metrics();
}

void DistributedTrainer::record(const MetricsRow& row, bool best) {
  if (ranks_.is_root()) Trainer::record(row, best);
}

void DistributedTrainer::write_last() {
  if (ranks_.is_root()) Trainer::write_last();
}

// Everything that decides the next step, from rank 0 to all.
void DistributedTrainer::share_state() {
  static_assert(std::is_trivially_copyable_v<TrainingState>);
  ranks_.broadcast(std::as_writable_bytes(std::span(&state_, 1)));
  broadcast(ranks_, parameters_.values());
  for (const auto& buffer : model_.buffers()) broadcast(ranks_, buffer);
  for (const auto& [name, tensor] : optimizer_->state()) broadcast(ranks_, tensor);
  const auto generator = generator_state();
  broadcast(ranks_, generator);
  restore_generator(generator);
}

std::unique_ptr<Trainer> make_trainer(SequenceModel& model, const Task& task,
                                      const TrainOptions& options, const RunDirectory& run,
                                      TrainObserver& observer, Communicator& ranks) {
  if (ranks.size() == 1)
    return std::make_unique<Trainer>(model, task, options, run, observer);
  return std::make_unique<DistributedTrainer>(model, task, options, run, observer, ranks);
}

}  // namespace heed
