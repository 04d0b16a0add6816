#include "src/bench/timed_training.h"

#include <stdexcept>

#include "models/dispatch.h"
#include "train/files/file.h"

namespace heed {
namespace {

ExperimentConfig read(const std::string& config, const std::vector<std::string>& overrides,
                      const std::filesystem::path& folder) {
  write_file(folder / "bench.toml", config);
  return read_config(folder / "bench.toml", overrides);
}

int64_t read_count(ExperimentConfig& config, const std::string& name) {
  OptionList list;
  config.model->describe(list);
  const auto* option = list.find(name);
  return option ? *std::get<int64_t*>(option->target) : 0;
}

}  // namespace

TimedTraining::TimedTraining(const std::string& config, const std::vector<std::string>& overrides,
                             const std::filesystem::path& folder)
    : config_(read(config, overrides, folder)) {
  if (config_.train.precision == Precision::bf16 && !bfloat16_products_available())
    throw std::runtime_error("this CPU has no avx512_bf16");
  make_folder(folder / "run");
  prepare_task(config_);
  model_ = build_model(config_);
  trainer_ = std::make_unique<Trainer>(*model_, *config_.task, config_.train,
                                       RunDirectory(folder / "run"), clock_);
}

void TimedTraining::Clock::on_step(const TrainingState& state, double) {
  seconds.push_back(state.train_seconds - before);
  before = state.train_seconds;
  stop = std::ssize(seconds) >= wanted;
}

std::vector<double> TimedTraining::steps(int64_t count) {
  clock_.seconds.clear();
  clock_.wanted = count;
  clock_.stop = false;
  trainer_->train(clock_.stop);
  return clock_.seconds;
}

int64_t TimedTraining::tokens_per_step() const {
  return config_.train.batch * config_.train.context;
}

// A weight takes one multiplication and one addition per token in the forward pass, and twice as
// many in the backward pass. So does each pair of positions in attention, in two products of width
// D.
double TimedTraining::product_operations() {
  double weights = 0, embedding = 0;
  bool has_output = false;
  for (const auto& entry : model_->named_parameters()) {
    const auto count = static_cast<double>(entry.value().numel());
    const auto& name = entry.key();
    has_output = has_output || name.starts_with("output");
    if (name.starts_with("token_embedding"))
      embedding = count;
    else if (entry.value().dim() >= 2 && !name.starts_with("positions"))
      weights += count;
  }
  if (!has_output) weights += embedding;  // tied
  auto operations = 6 * weights * static_cast<double>(tokens_per_step());
  if (model_->has_attention()) {
    const auto length = config_.train.context;
    operations +=
        12 *
        static_cast<double>(read_count(config_, "layers") * read_count(config_, "d_model") *
                            config_.train.batch * length * (length + 1)) /
        2;
  }
  return operations;
}

}  // namespace heed
