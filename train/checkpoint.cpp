#include "train/checkpoint.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/grad_mode.h>
#include <c10/util/Exception.h>
#include <fmt/format.h>
#include <torch/nn/module.h>

#include <mutex>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <system_error>

#include "train/files/file.h"
#include "train/files/safetensors.h"

namespace heed {
namespace fs = std::filesystem;
namespace {

using nlohmann::json;

NamedTensors collect_tensors(const torch::nn::Module& model) {
  NamedTensors tensors;
  for (const auto& parameter : model.named_parameters())
    tensors.emplace_back(parameter.key(), parameter.value());
  for (const auto& buffer : model.named_buffers())
    tensors.emplace_back(buffer.key(), buffer.value());
  return tensors;
}

void copy_all(const fs::path& path, const std::map<std::string, at::Tensor>& from,
              const NamedTensors& to) {
  at::NoGradGuard no_gradients;
  for (const auto& [name, target] : to) {
    const auto found = from.find(name);
    if (found == from.end())
      throw std::runtime_error(
          fmt::format("{}: expected a tensor \"{}\", which is missing; was it written with "
                      "other settings?",
                      path.string(), name));
    if (found->second.sizes() != target.sizes())
      throw std::runtime_error(fmt::format("{}: tensor \"{}\": expected the shape [{}], got [{}]",
                                           path.string(), name, fmt::join(target.sizes(), ", "),
                                           fmt::join(found->second.sizes(), ", ")));
    at::Tensor(target).copy_(found->second);
  }
  if (from.size() != to.size())
    throw std::runtime_error(
        fmt::format("{}: expected {} tensors, got {}; was it written with other settings?",
                    path.string(), to.size(), from.size()));
}

NamedTensors optimizer_tensors(const Optimizer& optimizer, const at::Tensor& generator) {
  auto tensors = optimizer.state();
  tensors.emplace_back("generator", generator);
  return tensors;
}

fs::path sibling(const fs::path& folder, const char* ending) { return folder.string() + ending; }

// The folder to read. Between the two renames of a save, the previous checkpoint is `.old`.
fs::path readable(const fs::path& folder) {
  if (fs::exists(folder / "state.json")) return folder;
  const auto previous = sibling(folder, ".old");
  if (fs::exists(previous / "state.json")) return previous;
  throw std::runtime_error(fmt::format("there is no checkpoint in {}", folder.string()));
}

// Without its parents: a run directory that was removed must not come back with half a run in it.
void make_one_folder(const fs::path& path) {
  std::error_code error;
  fs::create_directory(path, error);
  if (error)
    throw std::runtime_error(
        fmt::format("cannot make the folder {}: {}", path.string(), error.message()));
}

// By two renames. Between them the previous checkpoint is `.old`, where `readable` finds it.
void put_in_place(const fs::path& fresh, const fs::path& folder) {
  const auto previous = sibling(folder, ".old");
  if (fs::exists(folder)) {
    fs::remove_all(previous);
    fs::rename(folder, previous);
  }
  fs::rename(fresh, folder);
  sync_folder(folder.parent_path());
  fs::remove_all(previous);
}

double number_or(const json& value, double otherwise) {
  return value.is_number() ? value.get<double>() : otherwise;
}

int64_t count_in(const json& state, const fs::path& path, const char* name, int64_t least = 0) {
  const auto& value = state.at(name);
  if (!value.is_number_integer() || value.get<int64_t>() < least)
    throw std::runtime_error(
        fmt::format("{} is damaged: {}: expected an integer of at least {}, "
                    "got {}",
                    path.string(), name, least, value.dump()));
  return value.get<int64_t>();
}

TrainingState state_from(const fs::path& path) {
  try {
    const auto value = json::parse(read_small_file(path));
    const auto count = [&](const char* name) { return count_in(value, path, name); };
    return {.step = count("step"),
            .tokens = count("tokens"),
            .best_val_loss =
                number_or(value.at("best_val_loss"), std::numeric_limits<double>::infinity()),
            .val_loss = number_or(value.at("val_loss"), std::numeric_limits<double>::quiet_NaN()),
            .evaluated_step = count_in(value, path, "evaluated_step", -1),
            .evaluations_since_best = count("evaluations_since_best"),
            .train_loss_sum = value.at("train_loss_sum"),
            .train_loss_count = count("train_loss_count"),
            .train_seconds = value.at("train_seconds"),
            .wall_seconds = value.at("wall_seconds"),
            .learning_rate = value.at("learning_rate")};
  } catch (const json::exception& error) {
    throw std::runtime_error(fmt::format("{} is damaged: {}", path.string(), error.what()));
  }
}

}  // namespace

at::Tensor generator_state() {
  auto generator = at::detail::getDefaultCPUGenerator();
  const std::lock_guard<std::mutex> lock(generator.mutex());
  return generator.get_state();
}

void restore_generator(const at::Tensor& state) {
  auto generator = at::detail::getDefaultCPUGenerator();
  const std::lock_guard<std::mutex> lock(generator.mutex());
  generator.set_state(state);
}

// Numbers that are not finite become null, which is all that JSON can say.
json to_json(const TrainingState& state) {
  return {{"step", state.step},
          {"tokens", state.tokens},
          {"best_val_loss", state.best_val_loss},
          {"val_loss", state.val_loss},
          {"evaluated_step", state.evaluated_step},
          {"evaluations_since_best", state.evaluations_since_best},
          {"train_loss_sum", state.train_loss_sum},
          {"train_loss_count", state.train_loss_count},
          {"train_seconds", state.train_seconds},
          {"wall_seconds", state.wall_seconds},
          {"learning_rate", state.learning_rate}};
}

void save_checkpoint(const fs::path& folder, const torch::nn::Module& model,
                     const Optimizer* optimizer, const TrainingState& state) {
  const auto fresh = sibling(folder, ".new");
  std::error_code ignored;
  fs::remove_all(fresh, ignored);
  try {
    make_one_folder(fresh);
    write_safetensors(fresh / "model.safetensors", collect_tensors(model), {{"format", "pt"}});
    if (optimizer)
      write_safetensors(fresh / "optimizer.safetensors",
                        optimizer_tensors(*optimizer, generator_state()));
    write_file(fresh / "state.json", to_json(state).dump(2) + "\n");
    sync_folder(fresh);
    put_in_place(fresh, folder);
  } catch (const fs::filesystem_error& error) {
    throw std::runtime_error(
        fmt::format("cannot write {}: {}", folder.string(), error.code().message()));
  } catch (...) {
    fs::remove_all(fresh, ignored);  // frees the space of a half-written one on a full disk
    throw;
  }
}

TrainingState load_model(const fs::path& folder, torch::nn::Module& model) {
  const auto source = readable(folder);
  const auto path = source / "model.safetensors";
  copy_all(path, read_safetensors(path).tensors, collect_tensors(model));
  return state_from(source / "state.json");
}

TrainingState load_checkpoint(const fs::path& folder, torch::nn::Module& model,
                              Optimizer& optimizer) {
  const auto source = readable(folder);
  const auto path = source / "optimizer.safetensors";
  auto generator = generator_state().clone();
  load_model(folder, model);
  copy_all(path, read_safetensors(path).tensors, optimizer_tensors(optimizer, generator));
  try {
    restore_generator(generator);
  } catch (const c10::Error&) {
    throw std::runtime_error(
        fmt::format("{} is damaged: \"generator\" is no state of a generator", path.string()));
  }
  return state_from(source / "state.json");
}

bool checkpoint_exists(const fs::path& folder) {
  return fs::exists(folder / "state.json") || fs::exists(sibling(folder, ".old") / "state.json");
}

}  // namespace heed
