#include "train/trainer.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <mutex>
#include <span>
#include <type_traits>

#include "models/sequence_model.h"
#include "train/generator_state.h"

namespace heed {
namespace {

class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// From the generator that checkpoints keep.
uint64_t drawn_seed() {
  auto generator = at::detail::getDefaultCPUGenerator();
  const std::lock_guard<std::mutex> lock(generator.mutex());
  return at::check_generator<at::CPUGeneratorImpl>(generator)->random64();
}

void broadcast(Communicator& ranks, const at::Tensor& tensor) {
  const at::NoGradGuard no_gradients;
  const auto bytes = tensor.cpu().contiguous();  // its own memory where that serves
  ranks.broadcast({static_cast<std::byte*>(bytes.mutable_data_ptr()), bytes.nbytes()});
  if (bytes.const_data_ptr() != tensor.const_data_ptr()) at::Tensor(tensor).copy_(bytes);
}

}  // namespace

Trainer::Trainer(SequenceModel& model, const Task& task, const TrainOptions& options,
                 const RunDirectory& run, TrainObserver& observer, Communicator& ranks)
    : model_(model),
      task_(task),
      options_(options),
      run_(run),
      observer_(observer),
      ranks_(ranks),
      metrics_(run.metrics()),
      parameters_(model),
      gradients_(model, task, parameters_, ranks),
      optimizer_(options.make_optimizer(parameters_)) {
  share_state();
}

void Trainer::resume() {
  if (ranks_.is_root() && checkpoint_exists(run_.last()))
    state_ = load_checkpoint(run_.last(), model_, *optimizer_);
  share_state();
}

StopReason Trainer::train(const std::atomic<bool>& stop) {
  try {
    return train_until(stop);
  } catch (const RanksLost& lost) {
    // The weights are those of the last step that all of them took.
    if (!ranks_.is_root()) throw;
    save_last();
    throw RanksLost(fmt::format("{}; step {} is saved, and --resume goes on from there",
                                lost.what(), state_.step));
  }
}

StopReason Trainer::train_until(const std::atomic<bool>& stop) {
  const ComputeScope scope(options_.compute());
  if (ranks_.is_root()) metrics_.rewind(std::max<int64_t>(0, state_.evaluated_step));
  const Stopwatch wall;
  const double wall_before = state_.wall_seconds;
  model_.train();
  bool stopped = any_rank(stop);
  while (steps_are_left() && !stopped) {
    const Stopwatch clock;
    const double loss = training_step();
    state_.train_seconds += clock.seconds();
    state_.wall_seconds = wall_before + wall.seconds();
    if (ranks_.is_root()) observer_.on_step(state_, loss);
    if (state_.step % options_.eval_every == 0) evaluate_and_record();
    if (state_.step % options_.checkpoint_every == 0) save_last();
    stopped = any_rank(stop);
  }
  auto reason = steps_are_left() ? StopReason::interrupted
                : out_of_time()  ? StopReason::seconds_done
                                 : StopReason::steps_done;
  if (out_of_patience()) reason = StopReason::patience;
  if (reason != StopReason::interrupted && state_.evaluated_step != state_.step)
    evaluate_and_record();
  state_.wall_seconds = wall_before + wall.seconds();
  save_last();
  return reason;
}

// Rank 0's clock is that of all, and a stop of one of them stops all.
bool Trainer::any_rank(bool stop) {
  std::array<double, 2> shared = {stop ? 1.0 : 0.0, ranks_.is_root() ? state_.train_seconds : 0.0};
  ranks_.sum(shared);
  state_.train_seconds = shared[1];
  return shared[0] > 0;
}

// Rank 0's, on all.
void Trainer::share_state() {
  if (ranks_.size() == 1) return;
  static_assert(std::is_trivially_copyable_v<TrainingState>);
  ranks_.broadcast(std::as_writable_bytes(std::span(&state_, 1)));
  broadcast(ranks_, parameters_.values());
  for (const auto& buffer : model_.buffers()) broadcast(ranks_, buffer);
  for (const auto& [name, tensor] : optimizer_->state()) broadcast(ranks_, tensor);
  const auto generator = generator_state();
  broadcast(ranks_, generator);
  restore_generator(generator);
}

double Trainer::training_step() {
  // 1. Gradients of this step's rows, whose numbers follow from the step's.
  const double loss = ranks_.size() > 1 ? gradients_or_no_step() : accumulated_gradients();
  if (!std::isfinite(loss))
    throw Diverged(fmt::format(
        "the loss of step {} is not finite; {} keeps the last good checkpoint; a smaller "
        "train.lr or a longer train.warmup may help",
        state_.step + 1, run_.last().string()));
  // 2. No gradient longer than the limit.
  clip_gradients();
  // 3. One step along it.
  state_.learning_rate = learning_rate_now();
  optimizer_->step(state_.learning_rate);
  ++state_.step;
  state_.train_loss_sum += loss;
  ++state_.train_loss_count;
  return loss;
}

// Where a rank is lost on the way, it is as if the step had not begun.
double Trainer::gradients_or_no_step() {
  const auto generator = generator_state();
  const auto tokens = state_.tokens;
  try {
    return accumulated_gradients();
  } catch (const RanksLost&) {
    restore_generator(generator);
    state_.tokens = tokens;
    throw;
  }
}

double Trainer::accumulated_gradients() {
  const auto like = parameters_.values().options();
  const auto shard = ranks_.shard(options_.batch);
  const double share = 1 / static_cast<double>(options_.accumulate);
  double loss = 0;
  for (int64_t pass = 0; pass < options_.accumulate; ++pass) {
    const int64_t first = (state_.step * options_.accumulate + pass) * options_.batch;
    const auto batch =
        task_.batch(Split::train, first + shard.first, shard.end - shard.first).to(like);
    const auto found = gradients_.compute(
        batch, share, {.first = pass == 0, .last = pass + 1 == options_.accumulate}, drawn_seed(),
        options_.compute());
    loss += share * found.mean;
    state_.tokens += found.tokens;
  }
  return loss;
}

void Trainer::clip_gradients() {
  const double norm = parameters_.gradients().norm().item<double>();
  if (!std::isfinite(norm))
    throw Diverged(
        fmt::format("the gradient of step {} is not finite; {} keeps the last good checkpoint",
                    state_.step + 1, run_.last().string()));
  if (options_.clip > 0 && norm > options_.clip) parameters_.gradients().mul_(options_.clip / norm);
}

void Trainer::evaluate_and_record() {
  last_evaluation_ = evaluate(model_, task_, Split::validation, ranks_);
  state_.evaluated_step = state_.step;
  const double loss = last_evaluation_.loss;
  if (!std::isfinite(loss))
    throw Diverged(
        fmt::format("the validation loss after step {} is not finite; {} keeps the last good "
                    "checkpoint",
                    state_.step, run_.last().string()));
  const bool best = loss < state_.best_val_loss;
  state_.val_loss = loss;
  state_.evaluations_since_best = best ? 0 : state_.evaluations_since_best + 1;
  if (best) state_.best_val_loss = loss;
  const MetricsRow row{.step = state_.step,
                       .tokens = state_.tokens,
                       .train_seconds = state_.train_seconds,
                       .learning_rate = state_.learning_rate,
                       .train_loss = state_.train_loss_sum / static_cast<double>(std::max<int64_t>(
                                                                 1, state_.train_loss_count)),
                       .validation = last_evaluation_};
  state_.train_loss_sum = 0;
  state_.train_loss_count = 0;
  if (!ranks_.is_root()) return;
  metrics_.append(row);
  if (best) save_checkpoint(run_.best(), model_, nullptr, state_);
  observer_.on_evaluation(row, best);
}

void Trainer::save_last() {
  if (!parameters_.values().isfinite().all().item<bool>())
    throw Diverged(
        fmt::format("the weights after step {} are not finite; {} keeps the last good checkpoint",
                    state_.step, run_.last().string()));
  if (ranks_.is_root()) save_checkpoint(run_.last(), model_, optimizer_.get(), state_);
}

bool Trainer::steps_are_left() const {
  return state_.step < options_.steps && !out_of_time() && !out_of_patience();
}

bool Trainer::done() const {
  const bool trained = state_.step >= options_.steps || out_of_time();
  return (trained && state_.evaluated_step == state_.step) || out_of_patience();
}

bool Trainer::out_of_time() const {
  return options_.seconds > 0 && state_.train_seconds >= options_.seconds;
}

// Where time is what is short, the schedule is as far along as the clock is.
double Trainer::learning_rate_now() const {
  auto step = state_.step;
  if (options_.seconds > 0 && step >= options_.warmup) {
    const auto share = std::min(1.0, state_.train_seconds / options_.seconds);
    step = std::max(step, static_cast<int64_t>(share * static_cast<double>(options_.steps)));
  }
  return learning_rate(options_.schedule_options(), step);
}

bool Trainer::out_of_patience() const {
  return options_.patience > 0 && state_.evaluations_since_best >= options_.patience;
}

}  // namespace heed
