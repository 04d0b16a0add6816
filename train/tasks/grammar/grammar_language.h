#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace heed {

/// What the grammar knows about a word.
struct WordTraits {
  enum class Class {
    noun,
    intransitive_verb,  ///< present tense, agrees with its subject
    transitive_verb,    ///< present tense, agrees with its subject
    past_verb,          ///< one form for both numbers
    preposition,
    adjective,
    pronoun,
    copula,
    particle,  ///< the, that, because, comma, full stop
  };
  enum class Kind { animal, thing };
  enum class Number { singular, plural };

  Class word_class = Class::particle;
  std::optional<Kind> kind = {};      ///< a noun's; of verbs and adjectives: the nouns they go with
  std::optional<Number> number = {};  ///< if the word has a form for each number
  std::optional<int64_t> other_number = {};  ///< the same word in the other number

  bool is_noun() const { return word_class == Class::noun; }
  bool is_present_verb() const {
    return word_class == Class::intransitive_verb || word_class == Class::transitive_verb;
  }
};

/// The dependency of a word on an earlier one. Positions count from the sentence's first word.
struct Link {
  enum class Kind {
    verb_subject,        ///< a present-tense verb and its subject's noun
    pronoun_antecedent,  ///< it, they and the noun meant
    mention_antecedent,  ///< a noun named again and its first mention
  };

  Kind kind = Kind::verb_subject;
  int64_t from = 0;
  int64_t to = 0;
  int64_t attractors = 0;  ///< verb_subject: nouns in between whose number is not the subject's

  int64_t distance() const { return from - to; }
  bool operator==(const Link&) const = default;
};

namespace grammar {
struct NumberedGrammar;  // the rules
}

/// A small artificial language that looks like English and whose probabilities are all known.
///
/// Sentences are independent of one another and end with ".". A probabilistic grammar draws them.
/// Some have relative clauses, nested up to three deep, between a noun and the verb that must agree
/// with it ("the cats that the dog near the houses chases sleep ."). Some refer to a noun by a
/// pronoun that only the adjective after it makes clear ("the cat sat on the mat because it was
/// tired , the cat .").
///
/// The exact distribution of the next word depends on the current belief. A belief is what the
/// words of the sentence so far tell about its continuation; there are finitely many.
///
/// A language never changes once built, so threads may share one.
class GrammarLanguage {
 public:
  struct Sentence {
    std::vector<int64_t> words;
    std::vector<Link> links;  ///< in the order of `from`
  };

  /// Draws uniformly from [0, 1).
  using Uniform = std::function<double()>;

  GrammarLanguage();

  /// The vocabulary; a word's id is its index.
  const std::vector<std::string>& words() const;
  std::optional<int64_t> id(const std::string& word) const;
  /// Throws std::out_of_range for an unknown id.
  const WordTraits& traits(int64_t word) const;

  /// Draws one sentence.
  Sentence sample(const Uniform& uniform) const;

  /// The links of one whole sentence, "." included. Throws std::invalid_argument with the first
  /// ungrammatical word and its position, or if the sentence breaks off.
  std::vector<Link> parse(const std::vector<int64_t>& words) const;

  /// Beliefs are numbered from 0. Functions that take one throw std::out_of_range for other
  /// numbers.
  int64_t belief_count() const;
  /// The belief before a sentence's first word.
  int64_t start() const;
  /// [V] probabilities of the next word.
  const std::vector<double>& next_word(int64_t belief) const;
  /// The belief after one more word; start() after ".", -1 if the word cannot come next.
  int64_t advance(int64_t belief, int64_t word) const;

  /// Entropy of a sentence, in nats.
  double sentence_entropy() const { return sentence_entropy_; }
  /// Expected words in a sentence, "." included.
  double mean_length() const { return mean_length_; }
  /// Nats per word of endless text.
  double entropy_rate() const { return sentence_entropy_ / mean_length_; }
  /// Mean entropy, in nats, of the words at positions 1 to `length` (at least 1) of a row of text,
  /// each given all the words before it. The row starts with a sentence and continues with as many
  /// as it needs; its first word, at position 0, is given.
  double mean_entropy(int64_t length) const;

 private:
  struct Belief {
    std::vector<double> next_word;  // [V]
    std::vector<int64_t> after;     // [V] beliefs, -1 where the word cannot come next
    double entropy = 0;             // of the next word, in nats
  };

  void explore();
  void measure_sentences();
  std::vector<double> propagate(const std::vector<double>& share) const;
  double expected_entropy(const std::vector<double>& share) const;

  std::shared_ptr<const grammar::NumberedGrammar> grammar_;
  std::vector<Belief> beliefs_;
  // By position in a sentence: the probability that it ends with this word, and the expected
  // entropy of the word, zero if the sentence has ended before.
  std::vector<double> ends_at_;
  std::vector<double> entropy_at_;
  double sentence_entropy_ = 0;
  double mean_length_ = 0;
};

}  // namespace heed
