#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "train/data/alignment.h"
#include "train/distributed/communicator.h"

namespace heed {

class SequenceModel;

class Task;
struct Batch;
enum class Split;

/// What losses are measured in.
enum class LossUnit { nats, squared_error };

/// How often an answer was correct: of one measure, in all (`by` empty) or in one bucket of a
/// breakdown.
struct Score {
  std::string measure;  ///< "agreement"
  std::string by;       ///< "distance", or empty
  std::string bucket;   ///< "2-3", or empty
  int64_t correct = 0;
  int64_t total = 0;
  double accuracy() const {
    return total ? static_cast<double>(correct) / static_cast<double>(total) : 0;
  }
};

/// What a model achieved on a set of rows. Losses are means over scored positions.
struct Evaluation {
  LossUnit unit = LossUnit::nats;
  int64_t rows = 0;
  int64_t tokens = 0;     ///< scored positions
  double characters = 0;  ///< of text that they stand for; 0 where the task is no text
  double loss = 0;
  double standard_error = 0;  ///< of the loss, over rows

  /// What the exact predictor loses on the same positions, where the task has one; the model's
  /// excess over it, and that difference's standard error over rows.
  std::optional<double> exact_loss = {};
  double excess = 0;
  double excess_error = 0;

  std::vector<Score> scores = {};

  /// Of each cross-attention head, where the task knows the true alignment; else empty.
  std::vector<HeadAlignment> alignment = {};

  double perplexity() const;
  double bits_per_character() const;
  double root_mean_square() const;  ///< of squared errors

  /// Counts one answer under a measure (`by` empty) or a bucket of its breakdown.
  void count(const std::string& measure, const std::string& by, const std::string& bucket,
             bool correct);
  /// The same for `total` answers of which `correct` were correct.
  void count(const std::string& measure, const std::string& by, const std::string& bucket,
             int64_t correct, int64_t total);
  const Score* find(const std::string& measure, const std::string& by = "",
                    const std::string& bucket = "") const;
};

/// Rows to evaluate on: how many there are, and rows [first, first + count).
struct RowSource {
  int64_t rows = 0;
  std::function<Batch(int64_t first, int64_t count)> batch;
};

/// How many rows go through a model at once.
constexpr int64_t rows_at_once = 64;

/// The model's loss and the task's scores over all rows, without gradients, in evaluation mode; the
/// model's mode is restored. Several
/// ranks take a part of the rows each, and all get the whole result.
Evaluation evaluate(SequenceModel& model, const Task& task, const RowSource& source,
                    int64_t batch_rows = rows_at_once,
                    Communicator& ranks = Communicator::single_process());
Evaluation evaluate(SequenceModel& model, const Task& task, Split split,
                    Communicator& ranks = Communicator::single_process());

}  // namespace heed
