#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "train/tasks/alignment.h"
#include "train/tasks/task.h"

namespace heed {

class AttentionRecorder;
class SequenceModel;

/// What a model reached on a set of rows. Losses are means over scored positions.
struct Evaluation {
  LossUnit unit = LossUnit::nats;
  int64_t rows = 0;
  int64_t tokens = 0;     ///< scored positions
  double characters = 0;  ///< of text that the tokens stand for; 0 if the task is not text
  double loss = 0;
  double standard_error = 0;  ///< of the loss, over rows

  /// The loss of the task's exact predictor on the same positions, if there is one; by how much the
  /// model's loss exceeds it, and the standard error of this difference over rows.
  std::optional<double> exact_loss = {};
  double excess = 0;
  double excess_error = 0;

  Scores scores = {};

  /// Of each cross-attention head, if the task knows the true alignment; else empty.
  std::vector<HeadAlignment> alignment = {};

  double perplexity() const;
  double bits_per_character() const;
  double root_mean_square() const;  ///< of squared errors

  const Score* find(const std::string& measure, const std::string& by = "",
                    const std::string& bucket = "") const {
    return scores.find(measure, by, bucket);
  }
};

/// For each row, the sum of its values and how many there are. The mean over all values and its
/// standard error follow from these, also if rows differ in how many values they have.
struct RowSums {
  std::vector<double> values = {}, counts = {};

  /// Both [B, T], or [B] for one answer per row.
  void add(const at::Tensor& numbers, const at::Tensor& scored);
  void append(const RowSums& later);
  double mean() const;
  double standard_error() const;
};

/// What an evaluation adds up, batch by batch, in the order of the rows.
struct EvaluationSums {
  RowSums losses = {}, exact = {}, excess = {};
  int64_t rows = 0;
  int64_t tokens = 0;
  double characters = 0;
  Scores scores = {};
  AlignmentErrors alignment = {};

  /// `output` is the model's output for `batch`; `recorder` holds its cross-attention, or is null.
  void add(const Task& task, const at::Tensor& output, const Batch& batch,
           const AttentionRecorder* recorder);
  /// Appends the sums of later rows.
  void append(const EvaluationSums& later);
  Evaluation result(LossUnit unit) const;
};

/// How many rows go through a model at once.
constexpr int64_t rows_at_once = 64;

/// Evaluates the rows [first, end) without gradients and in evaluation mode. The model's mode is
/// restored.
EvaluationSums sum_rows(SequenceModel& model, const Task& task, const RowSource& source,
                        int64_t first, int64_t end, int64_t batch_rows = rows_at_once);

/// The model's loss and the task's scores over all rows.
Evaluation evaluate(SequenceModel& model, const Task& task, const RowSource& source,
                    int64_t batch_rows = rows_at_once);
Evaluation evaluate(SequenceModel& model, const Task& task, Split split);

}  // namespace heed
