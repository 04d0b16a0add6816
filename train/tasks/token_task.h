#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "train/data/random.h"
#include "train/tasks/task.h"

namespace heed {

/// What a model reads, and what it should answer.
struct Row {
  std::vector<int64_t> tokens;  ///< [T]
  /// One a token, not_scored where nothing is asked; for tasks that ask for one class a row: that
  /// class alone.
  std::vector<int64_t> targets;
  /// Parallel to the targets: the number by which an answer is counted (its distance, the row's
  /// length), not_scored for answers that the accuracy leaves out. Empty: all that is asked counts,
  /// in one group.
  std::vector<int64_t> groups = {};
};

/// Rows as a batch, padded behind, with lengths where they differ. Groups are given if any row has
/// some.
Batch row_batch(const std::vector<Row>& rows);

/// A made-up task over tokens. A task of this kind says what its words are and what a row is;
/// batches, scores and texts are the same for all of them. Measures: measure(), the likeliest
/// answer is the right one, broken down by group_name() where a row has groups.
class TokenTask : public Task {
 public:
  void describe(OptionList& list) override;
  void prepare(const TaskSetup& setup) override;
  SequenceShape shape() const override;
  Batch batch(Split split, int64_t first, int64_t count) const override;
  int64_t evaluation_rows(Split) const override { return evaluation_rows_; }
  /// Throws: such a row cannot be told from its tokens alone.
  RowSource rows_of_text(const std::string& text, const std::string& origin) const override;
  void score(const at::Tensor& output, const Batch& batch, Scores& scores) const override;
  std::string main_measure() const override { return measure(); }
  std::vector<GoldLinks> gold_links(const Batch& batch) const override;
  const Tokenizer* tokenizer() const override { return &*tokenizer_; }
  std::string default_prompt() const override;

  /// Two lines, what is read over what is to be answered, of a row as small as make_small() makes
  /// them.
  std::string example() override;

 protected:
  /// The input's vocabulary, in the order of its numbers. Asked once, in prepare().
  virtual std::vector<std::string> words() const = 0;

  /// The classes to answer with; empty: the words.
  virtual std::vector<std::string> answers() const { return {}; }

  /// Whether one answer is asked for the whole row.
  virtual bool per_sequence() const { return false; }

  /// Whether what is asked is the next token, so that no answer may rest on a later position.
  virtual bool predicts() const { return false; }

  /// The longest row in training.
  virtual int64_t longest_row() const = 0;

  /// A row of a split, from a generator of its own.
  virtual Row row(Random& random, Split split) const = 0;

  virtual std::string measure() const { return "accuracy"; }

  /// What a row's groups are: "distance", "length"; empty if it has none.
  virtual std::string group_name() const { return ""; }

  /// The name of the bucket that a group falls into, such as "11-20"; starts with a number.
  virtual std::string bucket(int64_t group) const { return std::to_string(group); }

  /// Names the links that gold_links_in_row() finds, and says what they join; without a name there
  /// are none.
  virtual GoldLinks link_kind() const { return {}; }

  /// Where the answers of a row, as row() makes them, stand in it: links whose `row` is left at 0.
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

/// A bucket of `width` numbers from 1 on: "1-10", "11-20".
std::string bucket_of_width(int64_t number, int64_t width);

/// Buckets that double: "1", "2", "3-4", "5-8", "9-16".
std::string doubling_bucket(int64_t number);

}  // namespace heed
