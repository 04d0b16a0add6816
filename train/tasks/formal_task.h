#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "train/tasks/token_task.h"

namespace heed {

/// Strings of a regular language's words, as in Deletang et al. 2022 (2207.02098): a finite
/// automaton reads them, and the model predicts its answer at the end, or after every word. First
/// the row's length is drawn, then each word uniformly from those allowed at its position. Splits
/// are separate streams of random rows; the shortest rows are few and occur in all of them.
class FormalTask : public TokenTask {
 public:
  void describe(OptionList& list) override;
  void check() const override;

  /// The exact results of guessing, and, if that is better, of knowing how frequent each class is.
  std::vector<Baseline> baselines() const override;

 protected:
  /// Words [first, first + count).
  struct WordRange {
    int64_t first = 0;
    int64_t count = 0;
  };

  /// The words allowed at a position, counted from 0.
  virtual WordRange words_at(int64_t place) const = 0;

  /// The automaton's states are the numbers below states(); it starts in 0.
  virtual int64_t states() const = 0;
  virtual int64_t next_state(int64_t state, int64_t word) const = 0;

  /// The class that a state stands for, or not_scored: nothing is asked there.
  virtual int64_t answer(int64_t state) const = 0;

  /// The length of the longest string of at most `length` words that ends with an answer.
  virtual int64_t whole_length(int64_t length) const { return length; }

  bool per_sequence() const override { return !every_; }
  int64_t longest_row() const override { return whole_length(length_); }
  Row row(Random& random, Split split) const override;
  std::string group_name() const override { return "length"; }
  std::string bucket(int64_t group) const override { return bucket_of_width(group, 10); }
  void make_small() override;

  /// The text for TaskCard::judged.
  std::string judged() const;

 private:
  std::vector<double> asked_at() const;
  std::vector<double> advance(const std::vector<double>& chance, int64_t place) const;
  std::vector<double> class_shares() const;

  int64_t min_length_ = 1;
  int64_t length_ = 40;
  bool every_ = false;
};

}  // namespace heed
