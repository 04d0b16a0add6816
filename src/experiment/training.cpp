#include "src/experiment/training.h"

#include <ATen/Parallel.h>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <optional>
#include <sstream>

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
#include "train/files/file.h"

namespace heed {
namespace {

using nlohmann::ordered_json;

// Keys that say how long and how often: a resumed run may change them, no other.
const std::vector<std::string> changeable = {
    "name",     "steps",   "seconds", "eval_every", "checkpoint_every",
    "patience", "threads", "every",   "sentences",  "maps"};

std::vector<std::string> split_lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

void check_same_experiment(const RunDirectory& directory, const std::string& config) {
  const auto before = split_lines(read_file(directory.config())), now = split_lines(config);
  for (size_t i = 0; i < std::max(before.size(), now.size()); ++i) {
    const auto old_line = i < before.size() ? before[i] : "",
               new_line = i < now.size() ? now[i] : "";
    const auto key = new_line.substr(0, new_line.find(' '));
    if (old_line != new_line &&
        std::find(changeable.begin(), changeable.end(), key) == changeable.end())
      throw ConfigError(
          fmt::format("{}:{}: this run was started with \"{}\", now it says \"{}\"; resume it with "
                      "its own settings, or start over with --force",
                      directory.config().string(), i + 1, old_line, new_line));
  }
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

// What "auto" stands for here; then whether it can be had.
void settle_precision(ExperimentConfig& config, const at::Device& device) {
  auto& train = config.train;
  const bool served = device.is_cpu() && bfloat16_products_available();
  if (train.precision == "auto")
    train.precision = served && train.kernels == "fused" ? "bf16" : "float32";
  if (train.precision != "bf16") return;
  const auto refuse = [](const std::string& why) {
    throw ConfigError("train.precision: expected float32 or float64, got bf16: " + why);
  };
  if (!device.is_cpu()) refuse("its products are the CPU's alone");
  if (!bfloat16_products_available()) refuse("this CPU has no avx512_bf16, which multiplies them");
}

void set_up_directory(ExperimentConfig& config, const RunDirectory& directory,
                      const TrainingRequest& request) {
  if (directory.holds_run() && request.if_exists == IfExists::refuse)
    throw ConfigError(fmt::format(
        "{} already holds a run: --resume goes on with it, --force starts over, --run DIR "
        "goes elsewhere",
        directory.path().string()));
  if (request.if_exists == IfExists::replace) directory.clear();
  const auto text = to_toml(config);
  if (directory.holds_run()) check_same_experiment(directory, text);
  if (const auto* tokenizer = config.task->tokenizer())
    write_vocabulary(directory.vocabulary(), tokenizer->vocabulary());
  if (!config.attention_matrix.empty())
    write_matrix(directory.attention_matrix(), read_matrix(config.attention_matrix));
  write_file(directory.config(), text);
}

void check_rows(const ExperimentConfig& config, const Communicator& ranks) {
  if (config.train.batch < ranks.size())
    throw ConfigError(
        fmt::format("train.batch: expected a row for each of the {} ranks at least, got {}",
                    ranks.size(), config.train.batch));
}

// As rank 0 sees it.
bool summary_stands(const RunDirectory& directory, Communicator& ranks) {
  std::array<double, 1> stands = {
      ranks.is_root() && std::filesystem::exists(directory.summary()) ? 1.0 : 0.0};
  ranks.sum(stands);
  return stands[0] > 0;
}

void say_start(const ExperimentConfig& config, const SequenceModel& model, int64_t step,
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
    // Before the directory is touched: what does not serve leaves nothing behind.
    prepare_task(config);
    settle_precision(config, request.device);
    check_rows(config, ranks);
    model = build_model(config);
    if (config.train.threads > 0) at::set_num_threads(static_cast<int>(config.train.threads));
    model->to(request.device);
    if (!ranks.is_root()) return;
    lock.emplace(directory, request.wait_seconds);
    for (const auto& key : config.unused) spdlog::warn("{}: of no use to this kind, ignored", key);
    set_up_directory(config, directory, request);
    log_to_file(directory.log());
  });
  TrainingAnalysis analysis(*model, *config.task, config.analysis, training_folder(directory));
  ConsoleObserver observer(config, analysis);
  Trainer trainer(*model, *config.task, config.train, directory, observer, ranks);
  if (request.if_exists == IfExists::resume) trainer.resume();
  if (trainer.done() && summary_stands(directory, ranks)) {
    spdlog::info("{}: was done already, at step {}", config.name, trainer.state().step);
    stop_log_to_file();
    return StopReason::steps_done;
  }
  say_start(config, *model, trainer.state().step, ranks);
  if (ranks.is_root()) analysis.start(trainer.state().step);
  const InterruptGuard interrupt;
  ranks.abort_waits_on(interrupt.requested());
  const auto reason = trainer.train(interrupt.requested());
  observer.done();
  if (ranks.is_root()) write_summary(directory, config, *model, trainer, reason, request.device);
  const auto& state = trainer.state();
  spdlog::info("{}: {} at step {}, {:.1f} s of training at {} tokens/s, {:.1f} s in all",
               config.name, reason == StopReason::interrupted ? "interrupted" : "done", state.step,
               state.train_seconds, with_thousands(static_cast<int64_t>(tokens_per_second(state))),
               state.wall_seconds);
  stop_log_to_file();
  return reason;
}

}  // namespace heed
