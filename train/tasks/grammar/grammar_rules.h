#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "train/tasks/grammar/grammar_lexicon.h"

// Part of GrammarLanguage: the rules of its sentences.

namespace heed::grammar {

/// Types of symbols.
enum class Type {
  // To be expanded.
  sentence,
  agreement,       // a subject with its modifiers, and its verb
  coreference,     // "the cat sat on the mat because it was tired"
  noun_phrase,     // of known number and kind
  object,          // a noun phrase of any number and kind
  modifier,        // after a noun: nothing, "on the mat", a relative clause
  embedded,        // the clause of an object relative: "the dog chases"
  verb_phrase,     // "sleeps", "chases the dog"
  short_relative,  // "that sleeps", or nothing
  place,           // "the mat because ...", once the animal is known
  reason,          // "it was tired ...", once animal and thing are known
  mention_again,   // ", the cat", or nothing
  any,             // one of the words of a class
  // Words.
  word,
  mention,  // a noun named again
};

/// Clauses nest in slots 0 to deepest. The noun that a clause is about has the slot; the verbs,
/// pronouns and mentions with the same slot depend on it.
constexpr int deepest = 3;
constexpr int no_slot = -1;

struct Symbol {
  Type type = Type::word;
  std::optional<Number> number = {};
  std::optional<Kind> kind = {};
  int slot = no_slot;
  Class word_class = Class::particle;  // of any
  int64_t word = -1;                   // of a word; the animal in place and reason
  int64_t thing = -1;                  // in reason

  bool is_word() const { return type == Type::word || type == Type::mention; }
  auto operator<=>(const Symbol&) const = default;
};

/// One way to expand a symbol. Weights are relative to those of the symbol's other alternatives.
struct Alternative {
  int64_t weight = 1;
  std::vector<Symbol> symbols;
};

/// The only definition of the language: drawing, predicting and parsing all use these rules.
class Rules {
 public:
  explicit Rules(const Lexicon& lexicon) : lexicon_(lexicon) {}

  std::vector<Alternative> alternatives(const Symbol& symbol) const;

 private:
  std::vector<Alternative> sentence() const;
  std::vector<Alternative> agreement() const;
  std::vector<Alternative> noun_phrase(const Symbol& phrase) const;
  std::vector<Alternative> object(const Symbol& phrase) const;
  std::vector<Alternative> modifier(const Symbol& noun) const;
  std::vector<Alternative> embedded(const Symbol& clause) const;
  std::vector<Alternative> verb_phrase(const Symbol& subject) const;
  std::vector<Alternative> coreference() const;
  std::vector<Alternative> short_relative(const Symbol& noun) const;
  std::vector<Alternative> place(const Symbol& known) const;
  std::vector<Alternative> reason(const Symbol& known) const;
  std::vector<Alternative> mention_again(const Symbol& antecedent) const;
  std::vector<Alternative> any(const Symbol& wanted) const;

  Symbol word(const std::string& text) const { return {.word = lexicon_.id(text).value()}; }
  /// A symbol that refers to a certain noun.
  Symbol about(int64_t noun, Type type, int slot) const;
  std::vector<Symbol> because(int64_t antecedent, int slot) const;

  const Lexicon& lexicon_;
};

}  // namespace heed::grammar
