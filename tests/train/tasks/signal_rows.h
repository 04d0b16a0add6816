#pragma once

#include <ATen/ATen.h>

#include <cmath>
#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "train/tasks/task.h"

namespace heed {

using SignalOptions =
    std::vector<std::pair<std::string, std::variant<bool, int64_t, double, std::string>>>;

/// A task of numbers with these options, checked and prepared as a config's reader would.
inline std::unique_ptr<Task> signal_task(const std::string& name, const SignalOptions& options = {},
                                         uint64_t seed = 1) {
  auto task = TaskRegistry::instance().make(name);
  OptionList list;
  task->describe(list);
  for (const auto& [option, setting] : options)
    std::visit(
        [target = list.find(option)->target](const auto& value) {
          *std::get<std::decay_t<decltype(value)>*>(target) = value;
        },
        setting);
  task->check();
  task->prepare({.seed = seed});
  return task;
}

/// Enough rows to estimate means.
constexpr int64_t many_rows = 4000;

/// The numbers of one channel, [B, T] in double.
inline at::Tensor channel(const Batch& batch, int64_t number) {
  return batch.input.values.select(2, number).to(at::kDouble);
}

inline double mean_value(const at::Tensor& values) {
  return values.to(at::kDouble).mean().item<double>();
}

/// The standard error of the mean of independent values.
inline double standard_error(const at::Tensor& values) {
  return values.to(at::kDouble).std().item<double>() /
         std::sqrt(static_cast<double>(values.numel()));
}

inline const Baseline* find_baseline(const std::vector<Baseline>& baselines,
                                     const std::string& measure) {
  for (const auto& one : baselines)
    if (one.measure == measure) return &one;
  return nullptr;
}

/// What a task measures of answers.
inline double measured(const Task& task, const at::Tensor& output, const Batch& batch) {
  Scores scores;
  task.score(output, batch, scores);
  return scores.find(task.main_measure())->accuracy();
}

}  // namespace heed
