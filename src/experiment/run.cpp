#include "src/experiment/run.h"

#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/cuda.h>

#include "models/sequence_model.h"
#include "src/experiment/vocabulary_file.h"
#include "train/checkpoint.h"

namespace heed {

Run open_run(const std::filesystem::path& path, at::Device device) {
  const RunDirectory directory(path);
  if (!directory.holds_run())
    throw std::runtime_error(
        fmt::format("{}: expected a run directory, which holds config.toml; `heed train "
                    "CONFIG --run {}` makes one",
                    path.string(), path.string()));
  auto config = read_config(directory.config());
  prepare_task(config, load_tokenizer(directory));
  if (!config.attention_matrix.empty()) config.attention_matrix = directory.attention_matrix();
  auto model = build_model(config);
  const bool has_best = checkpoint_exists(directory.best());
  const auto state = load_model(has_best ? directory.best() : directory.last(), *model);
  model->to(device);
  model->eval();
  if (config.train.threads > 0) at::set_num_threads(static_cast<int>(config.train.threads));
  return {.directory = directory,
          .config = std::move(config),
          .model = std::move(model),
          .checkpoint = has_best ? "best" : "last",
          .step = state.step};
}

namespace {

ExperimentConfig with_other_task(const Run& run, const std::vector<std::string>& settings) {
  auto other = read_config(run.directory.config(), settings);
  prepare_task(other, load_tokenizer(run.directory));
  return other;
}

}  // namespace

void change_task(Run& run, const std::vector<std::string>& settings) {
  for (const auto& one : settings)
    if (!one.starts_with("task.") || one.starts_with("task.kind="))
      throw ConfigError(fmt::format(
          "{}: expected a setting of the run's own task, such as task.length=200", one));
  auto other = with_other_task(run, settings);
  const auto was = run.config.task->shape(), is = other.task->shape();
  if (was.vocabulary != is.vocabulary || was.channels != is.channels ||
      was.output_width != is.output_width || was.output != is.output ||
      was.source_vocabulary != is.source_vocabulary)
    throw ConfigError(fmt::format(
        "{}: expected settings that keep the inputs and answers that the model was trained for, "
        "such as another length",
        fmt::join(settings, ", ")));
  run.config.task = std::move(other.task);
}

void change_context(Run& run, int64_t context) {
  auto other = with_other_task(run, {fmt::format("train.context={}", context)});
  if (other.task->shape().max_length != context)
    throw ConfigError(
        fmt::format("--context: expected a run whose rows can have any length, but the rows of the "
                    "task {} have "
                    "a length of their own",
                    other.task_kind));
  run.config.task = std::move(other.task);
}

std::shared_ptr<const Tokenizer> load_tokenizer(const RunDirectory& directory) {
  const auto path = directory.vocabulary();
  if (!std::filesystem::exists(path)) return nullptr;
  return std::make_shared<Tokenizer>(read_vocabulary(path));
}

Split parse_split(const std::string& name) {
  return name == "test" ? Split::test : Split::validation;
}

at::Device parse_device(const std::string& name) {
  if (name == "cuda" && !torch::cuda::is_available())
    throw ConfigError(
        "--device cuda: this LibTorch or this machine has no CUDA; leave the option out");
  return at::Device(name);
}

}  // namespace heed
