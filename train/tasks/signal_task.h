#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "train/data/random.h"
#include "train/tasks/task.h"

namespace heed {

/// A task on numbers, [T, C] per row, with one answer per row: a class, or a number with a squared
/// error. A derived task defines the rows; batches, losses and texts are handled here. Measure:
/// "accuracy", the likeliest class is the right one. Tasks with numeric answers define their own.
class SignalTask : public Task {
 public:
  void describe(OptionList& list) override;
  void prepare(const TaskSetup& setup) override { setup_ = setup; }
  SequenceShape shape() const override;
  Batch batch(Split split, int64_t first, int64_t count) const override;
  int64_t evaluation_rows(Split) const override { return evaluation_rows_; }
  /// Throws: numbers are not text.
  RowSource rows_of_text(const std::string& text, const std::string& origin) const override;
  LossUnit loss_unit() const override;
  std::string main_measure() const override { return "accuracy"; }
  at::Tensor loss(const at::Tensor& output, const Batch& batch) const override;
  at::Tensor losses(const at::Tensor& output, const Batch& batch) const override;  // [B]
  at::Tensor scored(const Batch& batch) const override;                            // [B]
  void score(const at::Tensor& output, const Batch& batch, Scores& scores) const override;

  /// One line per channel and one with the answer, for a row made small by make_small().
  std::string example() override;

 protected:
  /// The names of the C numbers at each step.
  virtual std::vector<std::string> channels() const = 0;

  /// The names of the classes; empty: the answer is a number.
  virtual std::vector<std::string> classes() const = 0;

  /// T, the same for every row.
  virtual int64_t length() const = 0;

  /// Writes a row into `values` [T, C] and returns its class or number. `random` is the row's own
  /// generator.
  virtual double write_row(Random& random, Split split, int64_t number,
                           std::span<float> values) const = 0;

  /// Sets options so that a row fits on a line.
  virtual void make_small() = 0;

  Random make_random(Split split, int64_t number) const;
  bool asks_number() const { return classes().empty(); }

  int64_t evaluation_rows_ = 1024;

 private:
  TaskSetup setup_;
};

}  // namespace heed
