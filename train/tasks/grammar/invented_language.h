#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "train/tasks/grammar/grammar_language.h"

namespace heed {

/// A language into which sentences of GrammarLanguage are translated, word by word but in another
/// order and with another agreement:
///
/// - Every clause ends with its verb: "the dog the cat chases", "that the cat chases" for "that
///   chases the cat", "the cat the mat on sat".
/// - Prepositions follow their noun: "the mat on".
/// - Nouns and verbs have one form for both numbers. The article has four forms, by number and kind
///   of its noun: only articles and pronouns show the number.
/// - It has no copula, no "because" and no full stop: "sat it tired" for "sat because it was
///   tired .". They add no information, so a translator would have no reason to look at them.
///
/// Each word of a translation stands for one word of the sentence. Articles and pronouns also stand
/// for a second one: an article for its noun, whose number it shows, a pronoun for the copula,
/// which agrees with it. Words are invented: each has its own stem and the ending of its class.
class InventedLanguage {
 public:
  struct Translation {
    std::vector<int64_t> words;
    std::vector<int64_t> alignment;  ///< for each word, the position of the one it stands for
    /// The position of a second word, or -1: an article's noun, a pronoun's copula.
    std::vector<int64_t> also_aligned;
  };

  /// `language` must outlive it.
  explicit InventedLanguage(const GrammarLanguage& language);

  /// The vocabulary; a word's id is its index.
  const std::vector<std::string>& words() const { return words_; }

  /// Translates one whole sentence, "." included. Throws std::invalid_argument with the first
  /// ungrammatical word and its position, or if the sentence breaks off.
  Translation translate(const std::vector<int64_t>& sentence) const;

 private:
  int64_t add(const std::string& word);
  bool is_left_out(int64_t word) const;
  int64_t add_word_for(int64_t word);
  int64_t find_article(int64_t noun) const;
  void check(const std::vector<int64_t>& sentence) const;

  const GrammarLanguage& language_;
  const int64_t the_;
  const int64_t that_;
  std::vector<std::string> words_;
  std::map<std::pair<WordTraits::Kind, WordTraits::Number>, int64_t> articles_;
  std::vector<int64_t> word_for_;  // by word of the grammar; -1 for "the"
};

}  // namespace heed
