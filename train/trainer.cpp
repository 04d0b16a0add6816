#include "train/trainer.h"

#include <ATen/CPUGeneratorImpl.h>
#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <mutex>

#include "models/sequence_model.h"

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

}  // namespace

Trainer::Trainer(SequenceModel& model, const Task& task, const TrainOptions& options,
                 const RunDirectory& run, TrainObserver& observer)
    : model_(model),
      task_(task),
      options_(options),
      run_(run),
      observer_(observer),
      metrics_(run.metrics()),
      parameters_(model),
      gradients_(model, task, parameters_),
      optimizer_(options.make_optimizer(parameters_)) {}

void Trainer::resume() {
  if (!checkpoint_exists(run_.last())) return;
  state_ = load_checkpoint(run_.last(), model_, *optimizer_);
}

StopReason Trainer::train(const std::atomic<bool>& stop) {
  const ComputeScope scope(options_.compute());
  metrics_.rewind(state_.step);
  const Stopwatch wall;
  const double wall_before = state_.wall_seconds;
  model_.train();
  auto reason = StopReason::steps_done;
  while (state_.step < options_.steps && !out_of_time() && !out_of_patience()) {
    if (stop) {
      reason = StopReason::interrupted;
      break;
    }
    const Stopwatch clock;
    const double loss = training_step();
    state_.train_seconds += clock.seconds();
    state_.wall_seconds = wall_before + wall.seconds();
    observer_.on_step(state_, loss);
    if (state_.step % options_.eval_every == 0) evaluate_and_record();
    if (state_.step % options_.checkpoint_every == 0) save_last();
  }
  if (reason != StopReason::interrupted && out_of_time()) reason = StopReason::seconds_done;
  if (out_of_patience()) reason = StopReason::patience;
  if (reason != StopReason::interrupted && state_.evaluated_step != state_.step)
    evaluate_and_record();
  state_.wall_seconds = wall_before + wall.seconds();
  save_last();
  return reason;
}

double Trainer::training_step() {
  // 1. Gradients of this step's rows, whose numbers follow from the step's.
  const double loss = accumulated_gradients();
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

double Trainer::accumulated_gradients() {
  const auto like = parameters_.values().options();
  const double share = 1 / static_cast<double>(options_.accumulate);
  double loss = 0;
  for (int64_t pass = 0; pass < options_.accumulate; ++pass) {
    const int64_t first = (state_.step * options_.accumulate + pass) * options_.batch;
    const auto batch = task_.batch(Split::train, first, options_.batch).to(like);
    loss += share *
            gradients_.compute(batch, share, /*add=*/pass > 0, drawn_seed(), options_.compute());
    state_.tokens += batch.input.values.size(0) * batch.input.values.size(1);
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
  last_evaluation_ = evaluate(model_, task_, Split::validation);
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
  metrics_.append(row);
  state_.train_loss_sum = 0;
  state_.train_loss_count = 0;
  if (best) save_checkpoint(run_.best(), model_, nullptr, state_);
  observer_.on_evaluation(row, best);
}

void Trainer::save_last() {
  if (!parameters_.values().isfinite().all().item<bool>())
    throw Diverged(
        fmt::format("the weights after step {} are not finite; {} keeps the last good checkpoint",
                    state_.step, run_.last().string()));
  save_checkpoint(run_.last(), model_, optimizer_.get(), state_);
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
