#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "train/data/random.h"
#include "train/tasks/task.h"

namespace heed {

/// A task whose input is numbers, [T, C] a row, with one answer a row: a class, or a number, judged
/// by its squared error. A task of this kind says what a row is; batches, losses and texts are the
/// same for all of them. Measure: "accuracy", the likeliest class is the right one; numbers bring
/// their own.
class SignalTask : public Task {
 public:
  void describe(OptionList& list) override;
  void prepare(const TaskSetup& setup) override { setup_ = setup; }
  SequenceShape shape() const override;
  Batch batch(Split split, int64_t first, int64_t count) const override;
  int64_t evaluation_rows(Split) const override { return evaluation_rows_; }
  /// Throws: numbers are no text.
  RowSource rows_of_text(const std::string& text, const std::string& origin) const override;
  LossUnit loss_unit() const override;
  std::string main_measure() const override { return "accuracy"; }
  at::Tensor loss(const at::Tensor& output, const Batch& batch) const override;
  at::Tensor losses(const at::Tensor& output, const Batch& batch) const override;  // [B]
  at::Tensor scored(const Batch& batch) const override;                            // [B]
  void score(const at::Tensor& output, const Batch& batch, Scores& scores) const override;

  /// A line a channel and one with the answer, of a row as small as make_small() makes it.
  std::string example() override;

 protected:
  /// The names of the C numbers of a step.
  virtual std::vector<std::string> channels() const = 0;

  /// The names of the classes to answer with; empty: a number is asked for.
  virtual std::vector<std::string> classes() const = 0;

  /// T, of every row.
  virtual int64_t length() const = 0;

  /// Writes a row's values, step by step the channels side by side, into `values` (T C of them) and
  /// returns its class or number. `random` is the row's own.
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
