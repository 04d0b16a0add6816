#pragma once

#include <ATen/ATen.h>

#include <cmath>
#include <string>
#include <vector>

#include "train/tasks/task.h"

namespace heed {

/// What a predictor measures that takes one of some classes, each as likely as the others.
struct Guesses {
  double loss = 0;
  double accuracy = 0;
  double accuracy_error = 0;  ///< standard error of the accuracy, over answers
};

/// `classes` [B, T, O] bool: among which to guess. The accuracy is that of guesses drawn.
inline Guesses guesses(const Task& task, const Batch& batch, const at::Tensor& classes) {
  const auto even =
      at::zeros(classes.sizes(), at::kDouble).masked_fill(classes.logical_not(), -1e9);
  const auto drawn = at::rand(classes.sizes()).masked_fill(classes.logical_not(), -1);
  Scores scores;
  task.score(drawn, batch, scores);
  const auto& score = *scores.find(task.main_measure());
  const double p = score.accuracy();
  return {.loss = task.loss(even, batch).item<double>(),
          .accuracy = p,
          .accuracy_error = std::sqrt(p * (1 - p) / static_cast<double>(score.total))};
}

/// The values of a measure's baselines, in their order.
inline std::vector<double> baseline_values(const Task& task, const std::string& measure) {
  std::vector<double> values;
  for (const auto& baseline : task.baselines())
    if (baseline.measure == measure) values.push_back(baseline.value.value());
  return values;
}

/// A batch's rows as numbers: [b][t].
inline std::vector<std::vector<int64_t>> to_rows(const at::Tensor& values) {
  std::vector<std::vector<int64_t>> rows;
  for (int64_t b = 0; b < values.size(0); ++b) {
    const auto row = values[b].contiguous();
    rows.emplace_back(row.const_data_ptr<int64_t>(), row.const_data_ptr<int64_t>() + row.numel());
  }
  return rows;
}

}  // namespace heed
