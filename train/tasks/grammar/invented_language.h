#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "train/tasks/grammar/grammar_language.h"

namespace heed {

/// A language for the sentences of GrammarLanguage to be translated into, word by word but in
/// another order and with another agreement:
///
/// - Every clause ends with its verb: "the dog the cat chases", "that the cat chases" for "that
///   chases the cat", "the cat the mat on sat".
/// - What a preposition says stands behind its noun: "the mat on".
/// - Nouns and verbs have one form for both numbers. The article has four, by number and kind of
///   its noun: number shows there, and on pronouns, alone.
/// - It does without the copula, "because" and the full stop: "sat it tired" for "sat because it
///   was tired .". They say nothing new, so that a translator who knows that they must come would
///   have no reason to look at them.
///
/// Each word of a translation stands for one word of the sentence. Articles and pronouns stand for
/// a second one as well: an article for its noun, since it alone says how many are meant, a pronoun
/// for the copula, which agrees with it. Words are invented: a stem of their own, and the ending of
/// their class.
class InventedLanguage {
 public:
  struct Translation {
    std::vector<int64_t> words;
    std::vector<int64_t> alignment;  ///< for each word, the position of the one it stands for
    /// The position of a second one, or -1: the noun's for an article, the copula's for a pronoun.
    std::vector<int64_t> also_aligned;
  };

  /// `language` has to outlive it.
  explicit InventedLanguage(const GrammarLanguage& language);

  /// The vocabulary; a word's id is its index.
  const std::vector<std::string>& words() const { return words_; }

  /// Translates one whole sentence, "." included. Throws std::invalid_argument that names the first
  /// word that cannot stand where it stands and its position, or says that the sentence breaks off.
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
  std::vector<int64_t> word_for_;  // by word of the grammar, but for "the"
};

}  // namespace heed
