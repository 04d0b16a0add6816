#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "train/data/random.h"
#include "train/tasks/task.h"

namespace heed {

/// One row of a token task: what a model reads, and what it should answer.
struct Row {
  std::vector<int64_t> tokens;  ///< [T]
  /// One per token, not_scored where nothing is asked. Tasks with one class per row: only that
  /// class.
  std::vector<int64_t> targets;
  /// For each target, its group (a distance, the row's length), or not_scored: the accuracy leaves
  /// this answer out. Empty: all answers count, without groups.
  std::vector<int64_t> groups = {};
};

/// Makes a batch of rows, padded at the end, with lengths if they differ, and with groups if any
/// row has them.
Batch row_batch(const std::vector<Row>& rows);

/// A synthetic task on tokens. A derived task defines the words and the rows; batches, scores and
/// texts are handled here. Measure: measure(), the likeliest answer is the right one, broken down
/// by group_name() if rows have groups.
class TokenTask : public Task {
 public:
  void describe(OptionList& list) override;
  void prepare(const TaskSetup& setup) override;
  SequenceShape shape() const override;
  Batch batch(Split split, int64_t first, int64_t count) const override;
  int64_t evaluation_rows(Split) const override { return evaluation_rows_; }
  /// Throws: the answers do not follow from a row's tokens alone.
  RowSource rows_of_text(const std::string& text, const std::string& origin) const override;
  void score(const at::Tensor& output, const Batch& batch, Scores& scores) const override;
  std::string main_measure() const override { return measure(); }
  std::vector<GoldLinks> gold_links(const Batch& batch) const override;
  const Tokenizer* tokenizer() const override { return &*tokenizer_; }
  std::string default_prompt() const override;

  /// Two lines, the tokens and the answers below them, for a row made small by make_small().
  std::string example() override;

 protected:
  /// The input's vocabulary, in the order of its numbers. Called once, in prepare().
  virtual std::vector<std::string> words() const = 0;

  /// The classes of the answers; empty: the words.
  virtual std::vector<std::string> answers() const { return {}; }

  /// Whether a whole row has one answer.
  virtual bool per_sequence() const { return false; }

  /// Whether the answer is the next token, so that it must not depend on later positions.
  virtual bool predicts() const { return false; }

  /// The longest row in training.
  virtual int64_t longest_row() const = 0;

  /// Makes a row. `random` is the row's own generator.
  virtual Row row(Random& random, Split split) const = 0;

  virtual std::string measure() const { return "accuracy"; }

  /// What the groups mean: "distance", "length"; empty if there are none.
  virtual std::string group_name() const { return ""; }

  /// The bucket of a group, such as "11-20". Must start with a number.
  virtual std::string bucket(int64_t group) const { return std::to_string(group); }

  /// Describes the links of gold_links_in_row(); without a name there are none.
  virtual GoldLinks link_kind() const { return {}; }

  /// Where a row contains its answers: links with `row` 0.
  virtual std::vector<GoldLink> gold_links_in_row(const std::vector<int64_t>& tokens,
                                                  const std::vector<int64_t>& targets) const;

  /// Sets options so that a row fits on a line.
  virtual void make_small() = 0;

  const TaskSetup& setup() const { return setup_; }

  int64_t evaluation_rows_ = 1024;

 private:
  Row make_row(Split split, int64_t number) const;
  std::string answer_text(int64_t answer) const;

  TaskSetup setup_;
  std::optional<Tokenizer> tokenizer_;
  std::vector<std::string> answers_;
};

/// Buckets of `width` numbers, from 1 on: "1-10", "11-20".
std::string bucket_of_width(int64_t number, int64_t width);

/// Buckets that double: "1", "2", "3-4", "5-8", "9-16".
std::string doubling_bucket(int64_t number);

}  // namespace heed
