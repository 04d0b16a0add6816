#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "train/data/random.h"
#include "train/tasks/task.h"

namespace heed {

inline const std::string start_of_sequence = "<s>";
inline const std::string end_of_sequence = "</s>";

/// A source and its target, as the numbers of their words.
struct Pair {
  std::vector<int64_t> source;
  std::vector<int64_t> target;
  /// For each word of the target, the source position it stands for; empty if that is not known.
  std::vector<int64_t> alignment = {};
  /// A second position that is equally right, not_scored where there is none; empty: none at all.
  std::vector<int64_t> also_aligned = {};
};

/// The words of a task's pairs, and the lengths of the longest ones.
struct PairExtent {
  std::vector<std::string> source_words;
  std::vector<std::string> target_words;  ///< without the tokens that start and end a sequence
  int64_t longest_source = 0;
  int64_t longest_target = 0;
};

/// Makes a batch of pairs, padded at the end. The model reads the source [B, S], and the start
/// token and the target [B, T]; it predicts the target and the end token. T is the longest target
/// + 1.
Batch pair_batch(const std::vector<Pair>& pairs, int64_t start_token, int64_t end_token);

/// Makes one sequence from another. A derived task defines the pairs; batches, scores and texts are
/// handled here. Both vocabularies consist of words; after its words, the target's contains "<s>"
/// and "</s>". Measures: "token accuracy", the likeliest token is the right one; "exact match",
/// this holds for the whole row, broken down by the "length" of the source.
class Seq2SeqTask : public Task {
 public:
  void describe(OptionList& list) override;
  void prepare(const TaskSetup& setup) override;
  SequenceShape shape() const override;
  Batch batch(Split split, int64_t first, int64_t count) const override;
  int64_t evaluation_rows(Split) const override { return evaluation_rows_; }

  /// One pair per line: words of the source, a tab, words of the target. Either may be longer than
  /// in training. The alignment is not known.
  RowSource rows_of_text(const std::string& text, const std::string& origin) const override;

  void score(const at::Tensor& output, const Batch& batch, Scores& scores) const override;

  /// Links from the position that predicts a word to the source word that it stands for.
  std::vector<GoldLinks> gold_links(const Batch& batch) const override;

  std::string main_measure() const override { return "exact match"; }
  std::vector<Baseline> baselines() const override;
  std::string example() override;

  const Tokenizer* tokenizer() const override { return &*target_tokenizer_; }
  const Tokenizer* source_tokenizer() const override { return &*source_tokenizer_; }
  int64_t start_token() const override { return target_tokenizer_->size() - 2; }
  int64_t end_token() const override { return target_tokenizer_->size() - 1; }

  /// The first source of the test split.
  std::string default_prompt() const override;

 protected:
  /// Called once, in prepare().
  virtual PairExtent extent() const = 0;

  /// Must depend on the seed, the split and the row alone.
  virtual Pair pair(Split split, int64_t row) const = 0;

  /// The random numbers of a row.
  Random make_random(Split split, int64_t row) const;

 private:
  std::string length_bucket(int64_t length) const;

  int64_t evaluation_rows_ = 2048;
  uint64_t seed_ = 1;
  int64_t longest_source_ = 0;
  int64_t longest_target_ = 0;
  std::optional<Tokenizer> source_tokenizer_;
  std::optional<Tokenizer> target_tokenizer_;
};

}  // namespace heed
