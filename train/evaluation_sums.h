#pragma once

#include <ATen/ATen.h>

#include <string>
#include <vector>

#include "train/data/alignment.h"
#include "train/evaluation.h"

namespace heed {

class AttentionRecorder;

/// Of each row, the sum of its values and how many they are: from these follow the mean of all
/// values and its standard error, where rows may differ in how much of them is scored.
struct RowSums {
  std::vector<double> values = {}, counts = {};

  /// Both [B, T], or [B] where a row has one answer.
  void add(const at::Tensor& numbers, const at::Tensor& scored);
  void append(const RowSums& later);
  double mean() const;
  double standard_error() const;
};

/// What an evaluation adds up, batch by batch, in the order of the rows.
class EvaluationSums {
 public:
  /// `output` are the answers to `batch`; `recorder` holds their cross-attention, or is null.
  void add(const Task& task, const at::Tensor& output, const Batch& batch,
           const AttentionRecorder* recorder);
  /// What was found on rows behind these.
  void append(const EvaluationSums& later);
  Evaluation result(LossUnit unit) const;

  /// For another process, every bit of it.
  std::string to_bytes() const;
  static EvaluationSums from_bytes(const std::string& bytes);

 private:
  RowSums losses_, exact_, excess_;
  Evaluation counted_;  // rows, tokens, characters and scores alone
  AlignmentErrors alignment_;
};

}  // namespace heed
