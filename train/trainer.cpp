#include "train/trainer.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

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
      gradients_(std::make_unique<LocalGradients>(model, task, parameters_, options)),
      optimizer_(options.make_optimizer(parameters_)),
      schedule_(options.make_schedule()) {}

void Trainer::resume() {
  if (checkpoint_exists(run_.last())) state_ = load_checkpoint(run_.last(), model_, *optimizer_);
}

StopReason Trainer::train(const std::atomic<bool>& stop) {
  const ComputeScope scope(options_.compute());
  const Stopwatch wall;
  const double wall_before = state_.wall_seconds;
  start_metrics();
  model_.train();
  while (!should_stop(stop) && steps_are_left()) {
    const Stopwatch clock;
    const double loss = training_step();
    state_.train_seconds += clock.seconds();
    state_.wall_seconds = wall_before + wall.seconds();
    observer_.on_step(state_, loss);
    if (state_.step % options_.eval_every == 0) evaluate_and_record();
    if (state_.step % options_.checkpoint_every == 0) save_last();
  }
  const auto reason = stop_reason();
  if (reason != StopReason::interrupted && state_.evaluated_step != state_.step)
    evaluate_and_record();
  state_.wall_seconds = wall_before + wall.seconds();
  save_last();
  return reason;
}

double Trainer::training_step() {
  // 1. The gradients of this step's rows, whose numbers follow from the step's.
  const auto [loss, tokens] = gradients_->of_step(state_.step);
  if (!std::isfinite(loss))
    fail_diverged(fmt::format("the loss of step {} is", state_.step + 1),
                  "; a smaller train.lr or a longer train.warmup may help");
  // 2. Scaled down if their norm is above the limit.
  clip_gradients();
  // 3. One step of the optimizer.
  state_.learning_rate = learning_rate_now();
  optimizer_->step(state_.learning_rate);
  ++state_.step;
  state_.tokens += tokens;
  state_.train_loss_sum += loss;
  ++state_.train_loss_count;
  return loss;
}

void Trainer::clip_gradients() {
  const double norm = parameters_.gradients().norm().item<double>();
  if (!std::isfinite(norm))
    fail_diverged(fmt::format("the gradient of step {} is", state_.step + 1));
  if (options_.clip > 0 && norm > options_.clip) parameters_.gradients().mul_(options_.clip / norm);
}

// With a time limit, the schedule advances with the clock if that is further along than the steps.
double Trainer::learning_rate_now() const {
  auto step = state_.step;
  if (options_.seconds > 0 && step >= options_.warmup) {
    const auto share = std::min(1.0, state_.train_seconds / options_.seconds);
    step = std::max(step, static_cast<int64_t>(share * static_cast<double>(options_.steps)));
  }
  return schedule_->learning_rate(step);
}

void Trainer::evaluate_and_record() {
  last_evaluation_ = evaluate_model();
  state_.evaluated_step = state_.step;
  const double loss = last_evaluation_.loss;
  if (!std::isfinite(loss))
    fail_diverged(fmt::format("the validation loss after step {} is", state_.step));
  const bool best = loss < state_.best_val_loss;
  state_.val_loss = loss;
  state_.evaluations_since_best = best ? 0 : state_.evaluations_since_best + 1;
  if (best) state_.best_val_loss = loss;
  const auto steps = static_cast<double>(std::max<int64_t>(1, state_.train_loss_count));
  const MetricsRow row{.step = state_.step,
                       .tokens = state_.tokens,
                       .train_seconds = state_.train_seconds,
                       .learning_rate = state_.learning_rate,
                       .train_loss = state_.train_loss_sum / steps,
                       .validation = last_evaluation_};
  state_.train_loss_sum = 0;
  state_.train_loss_count = 0;
  record(row, best);
}

// A kill between an evaluation and the next save leaves rows that will be written again.
void Trainer::start_metrics() { metrics_.rewind(std::max<int64_t>(0, state_.evaluated_step)); }

void Trainer::record(const MetricsRow& row, bool best) {
  metrics_.append(row);
  if (best) save_checkpoint(run_.best(), model_, /*optimizer=*/nullptr, state_);
  observer_.on_evaluation(row, best);
}

void Trainer::save_last() {
  if (!parameters_.values().isfinite().all().item<bool>())
    fail_diverged(fmt::format("the weights after step {} are", state_.step));
  write_last();
}

void Trainer::write_last() { save_checkpoint(run_.last(), model_, optimizer_.get(), state_); }

void Trainer::fail_diverged(const std::string& what, const std::string& hint) const {
  throw Diverged(fmt::format("{} not finite; {} keeps the last good checkpoint{}", what,
                             run_.last().string(), hint));
}

bool Trainer::done() const {
  const bool trained = state_.step >= options_.steps || out_of_time();
  return (trained && state_.evaluated_step == state_.step) || out_of_patience();
}

bool Trainer::steps_are_left() const {
  return state_.step < options_.steps && !out_of_time() && !out_of_patience();
}

bool Trainer::out_of_time() const {
  return options_.seconds > 0 && state_.train_seconds >= options_.seconds;
}

bool Trainer::out_of_patience() const {
  return options_.patience > 0 && state_.evaluations_since_best >= options_.patience;
}

StopReason Trainer::stop_reason() const {
  if (out_of_patience()) return StopReason::patience;
  if (steps_are_left()) return StopReason::interrupted;
  return out_of_time() ? StopReason::seconds_done : StopReason::steps_done;
}

}  // namespace heed
