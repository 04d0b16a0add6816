#pragma once

#include <ATen/ATen.h>

#include <string>
#include <vector>

#include "models/attention/attention_hook.h"
#include "models/sequence.h"
#include "src/analysis/head_id.h"
#include "src/experiment/run.h"
#include "train/data/random.h"
#include "train/tasks/grammar/grammar_language.h"

namespace heed {

/// A sentence of the built-in language whose pronoun only the adjective makes clear.
struct Riddle {
  std::vector<int64_t> tokens;
  int64_t pronoun = 0, meant = 0, other = 0;  ///< positions
};

/// Draws such sentences, from its own seed.
class Riddles {
 public:
  /// `alike`: both nouns have the same number. Otherwise the pronoun, or the copula after it, gives
  /// the answer.
  std::vector<Riddle> draw(size_t count, bool alike);

  /// Of all pronouns drawn so far: the share whose noun is more than `near` words back, and the
  /// share whose noun is the most recent one.
  static constexpr int64_t near = 3;
  double far_share() const { return share(far_); }
  double nearest_share() const { return share(nearest_); }

 private:
  double share(int64_t count) const {
    return static_cast<double>(count) / static_cast<double>(pronouns_);
  }

  GrammarLanguage language_;
  Random random_{1, 0, 0};
  int64_t pronouns_ = 0, far_ = 0, nearest_ = 0;
};

/// A trained encoder that fills in hidden words.
class Reader {
 public:
  /// `run` must outlive it.
  explicit Reader(const Run& run) : run_(run) {}

  /// Throws std::runtime_error for a word that the vocabulary lacks.
  std::vector<int64_t> encoded(const std::string& words) const;
  int64_t id(const std::string& word) const { return encoded(word).front(); }

  /// The probability of each word at each position, [T, V].
  at::Tensor read(const std::vector<int64_t>& tokens, AttentionHook* hook = nullptr) const;

  /// The share of riddles in which it predicts the pronoun, "it" or "they", when pronoun and copula
  /// are hidden.
  double right_share(const std::vector<Riddle>& riddles, AttentionHook* hook = nullptr) const;

 private:
  const Run& run_;
};

/// How one head handles pronouns, on average over riddles.
struct Carrier {
  HeadId head;
  double meant = 0, other = 0;  ///< its weight from the pronoun on either noun
  double right_without = 0;     ///< right_share() with this head at its mean
  double difference() const { return meant - other; }
};

/// All heads: their weights in riddles whose nouns are `alike` in number, and the pronouns
/// predicted without them in `different` ones.
std::vector<Carrier> find_carriers(const Reader& reader, const std::vector<Riddle>& alike,
                                   const std::vector<Riddle>& different);

}  // namespace heed
