#include "src/experiment/training.h"

#include <ATen/Parallel.h>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <optional>

#include "models/dispatch.h"
#include "models/sequence_model.h"
#include "src/analysis/training_analysis.h"
#include "src/console/console.h"
#include "src/console/progress_bar.h"
#include "src/experiment/interrupt.h"
#include "src/experiment/rank_session.h"
#include "src/experiment/run.h"
#include "src/experiment/vocabulary_file.h"
#include "src/files/matrix_file.h"
#include "src/pages/evaluation_report.h"
#include "src/version.h"
#include "train/checkpoint.h"
#include "train/distributed/distributed_trainer.h"
#include "train/files/file.h"

namespace heed {
namespace {

using nlohmann::ordered_json;

std::string may_change_text(ExperimentConfig& config) {
  std::vector<std::string> keys;
  for (const auto& setting : list_settings(config))
    if (setting.changes_on_resume) keys.push_back(setting.key);
  return fmt::format("{}", fmt::join(keys, ", "));
}

void check_resumed_settings(const RunDirectory& directory, ExperimentConfig& config) {
  auto before = read_config(directory.config());
  std::vector<std::string> refused;
  for (const auto& setting : changed_settings(before, config))
    if (!setting.changes_on_resume)
      refused.push_back(
          fmt::format("{} was {} and is now {}", setting.key, setting.before, setting.now));
  if (refused.empty()) return;
  throw ConfigError(fmt::format(
      "{}: expected the settings that this run was started with: {}. Only {} may change; resume "
      "with the run's own settings, or start over with --force",
      directory.config().string(), fmt::join(refused, ", "), may_change_text(config)));
}

double tokens_per_second(const TrainingState& state) {
  return static_cast<double>(state.tokens) / std::max(1e-9, state.train_seconds);
}

class ConsoleObserver : public TrainObserver {
 public:
  ConsoleObserver(const ExperimentConfig& config, TrainingAnalysis& analysis)
      : name_(config.name),
        steps_(config.train.steps),
        bar_(config.name, config.train.steps),
        analysis_(analysis) {}

  void on_step(const TrainingState& state, double loss) override {
    if (spdlog::should_log(spdlog::level::debug)) {
      bar_.clear();
      spdlog::debug("{} {}/{}: loss {:.6f}", name_, state.step, steps_, loss);
    }
    bar_.update(state.step, loss, tokens_per_second(state));
    analysis_.on_step(state.step);
  }

  void on_evaluation(const MetricsRow& row, bool best) override {
    bar_.clear();
    auto line = fmt::format("{} {}/{}: train {:.4f}, validation {:.4f}", name_, row.step, steps_,
                            row.train_loss, row.validation.loss);
    if (row.validation.exact_loss)
      line += fmt::format(", {:.4f} above the bound", row.validation.excess);
    spdlog::info("{}{}", line, best ? "" : " (not the best)");
  }

  void done() { bar_.clear(); }

 private:
  std::string name_;
  int64_t steps_;
  ProgressBar bar_;
  TrainingAnalysis& analysis_;
};

std::string reason_text(StopReason reason) {
  switch (reason) {
    case StopReason::patience:
      return "patience";
    case StopReason::seconds_done:
      return "seconds";
    case StopReason::interrupted:
      return "interrupted";
    default:
      return "steps";
  }
}

void write_summary(const RunDirectory& directory, const ExperimentConfig& config,
                   const SequenceModel& model, const Trainer& trainer, StopReason reason,
                   const at::Device& device) {
  const auto& state = trainer.state();
  ordered_json summary = {{"name", config.name},
                          {"task", config.task_kind},
                          {"model", config.model_kind},
                          {"parameters", model.parameter_count()},
                          {"steps", state.step},
                          {"tokens", state.tokens},
                          {"stopped_by", reason_text(reason)},
                          {"train_seconds", state.train_seconds},
                          {"wall_seconds", state.wall_seconds},
                          {"tokens_per_second", tokens_per_second(state)},
                          {"val_loss", state.val_loss},
                          {"best_val_loss", state.best_val_loss},
                          {"seed", config.seed},
                          {"threads", at::get_num_threads()},
                          {"device", device.str()},
                          {"version", HEED_VERSION}};
  if (const auto bound = config.task->bound()) summary["bound"] = *bound;
  if (trainer.last_evaluation().tokens > 0)
    summary["evaluation"] = to_json(trainer.last_evaluation(), config.task->bound());
  write_file(directory.summary(), summary.dump(2) + "\n");
}

// Replaces "auto" by the precision that this CPU supports, and refuses what it does not.
void settle_precision(ExperimentConfig& config, const at::Device& device) {
  auto& train = config.train;
  const bool supported = device.is_cpu() && bfloat16_products_available();
  if (train.precision == Precision::automatic)
    train.precision =
        supported && train.kernels == Kernels::fused ? Precision::bf16 : Precision::float32;
  if (train.precision != Precision::bf16) return;
  const auto refuse = [](const std::string& why) {
    throw ConfigError("train.precision: expected float32 or float64, got bf16: " + why);
  };
  if (!device.is_cpu()) refuse("only the CPU has its kernels");
  if (!bfloat16_products_available()) refuse("this CPU has no avx512_bf16");
}

void set_up_directory(ExperimentConfig& config, const RunDirectory& directory,
                      const TrainingRequest& request) {
  if (directory.holds_run() && request.if_exists == IfExists::refuse)
    throw ConfigError(fmt::format(
        "{} already holds a run: --resume continues it, --force starts over, --run DIR writes "
        "elsewhere",
        directory.path().string()));
  if (request.if_exists == IfExists::replace) directory.clear();
  if (directory.holds_run()) check_resumed_settings(directory, config);
  if (const auto* tokenizer = config.task->tokenizer())
    write_vocabulary(directory.vocabulary(), tokenizer->vocabulary());
  if (!config.attention_matrix.empty())
    write_matrix(directory.attention_matrix(), read_matrix(config.attention_matrix));
  write_file(directory.config(), to_toml(config));
}

void check_rows(const ExperimentConfig& config, const Communicator& ranks) {
  if (config.train.batch < ranks.size())
    throw ConfigError(fmt::format("train.batch: expected at least one row per rank, {}, got {}",
                                  ranks.size(), config.train.batch));
}

// Whether the run has a summary, as rank 0 sees it.
bool has_summary(const RunDirectory& directory, Communicator& ranks) {
  std::array<double, 1> found = {
      ranks.is_root() && std::filesystem::exists(directory.summary()) ? 1.0 : 0.0};
  ranks.sum(found);
  return found[0] > 0;
}

void log_start(const ExperimentConfig& config, const SequenceModel& model, int64_t step,
               const Communicator& ranks) {
  const int threads = at::get_num_threads();
  spdlog::info("{}: {} with {} parameters on task {}, {} steps, {}{} thread{}{}", config.name,
               config.model_kind, with_thousands(model.parameter_count()), config.task_kind,
               config.train.steps,
               ranks.size() > 1 ? fmt::format("{} ranks of ", ranks.size()) : "", threads,
               threads == 1 ? "" : "s", step > 0 ? fmt::format(", resumed at step {}", step) : "");
}

}  // namespace

StopReason run_training(ExperimentConfig& config, const RunDirectory& directory,
                        const TrainingRequest& request) {
  auto& ranks = *request.ranks;
  std::shared_ptr<SequenceModel> model;
  std::optional<RunLock> lock;
  on_all_ranks(ranks, [&] {
    // All checks come before the directory is touched, so that a refused run leaves nothing.
    prepare_task(config);
    settle_precision(config, request.device);
    check_rows(config, ranks);
    model = build_model(config);
    if (config.train.threads > 0) at::set_num_threads(static_cast<int>(config.train.threads));
    model->to(request.device);
    if (!ranks.is_root()) return;
    lock.emplace(directory, request.wait_seconds);
    for (const auto& warning : config.ignored) spdlog::warn("{}", warning);
    set_up_directory(config, directory, request);
    log_to_file(directory.log());
  });
  TrainingAnalysis analysis(*model, *config.task, config.analysis, training_folder(directory));
  ConsoleObserver observer(config, analysis);
  const auto trainer = make_trainer(*model, *config.task, config.train, directory, observer, ranks);
  if (request.if_exists == IfExists::resume) trainer->resume();
  if (trainer->done() && has_summary(directory, ranks)) {
    spdlog::info("{}: already finished, at step {}", config.name, trainer->state().step);
    stop_log_to_file();
    return StopReason::steps_done;
  }
  log_start(config, *model, trainer->state().step, ranks);
  if (ranks.is_root()) analysis.start(trainer->state().step);
  const InterruptGuard interrupt;
  ranks.abort_waits_on(interrupt.requested());
  const auto reason = trainer->train(interrupt.requested());
  observer.done();
  if (ranks.is_root()) write_summary(directory, config, *model, *trainer, reason, request.device);
  const auto& state = trainer->state();
  spdlog::info("{}: {} at step {}, {:.1f} s of training at {} tokens/s, {:.1f} s in all",
               config.name, reason == StopReason::interrupted ? "interrupted" : "done", state.step,
               state.train_seconds, with_thousands(static_cast<int64_t>(tokens_per_second(state))),
               state.wall_seconds);
  stop_log_to_file();
  return reason;
}

}  // namespace heed
