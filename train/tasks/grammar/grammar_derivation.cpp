#include "train/tasks/grammar/grammar_derivation.h"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>
#include <utility>

namespace heed::grammar {
namespace {

using Sentence = GrammarLanguage::Sentence;

/// An unfinished sentence.
struct Derivation {
  Pending pending = whole_sentence();
  Sentence sentence = {};
  std::array<int64_t, deepest + 1> holders = {};  // by slot: the position of its noun

  void append(const Symbol& word, const Lexicon& lexicon);
  void link(Link::Kind kind, const Symbol& word);
  void link_verb(const Symbol& verb, const Lexicon& lexicon);
};

void Derivation::append(const Symbol& word, const Lexicon& lexicon) {
  const WordTraits& traits = lexicon.traits(word.word);
  if (word.type == Type::mention) {
    link(Link::Kind::mention_antecedent, word);
  } else if (word.slot != no_slot && traits.is_noun()) {
    holders.at(static_cast<size_t>(word.slot)) = std::ssize(sentence.words);
  } else if (traits.is_present_verb()) {
    link_verb(word, lexicon);
  } else if (traits.word_class == Class::pronoun) {
    link(Link::Kind::pronoun_antecedent, word);
  }
  sentence.words.push_back(word.word);
}

void Derivation::link(Link::Kind kind, const Symbol& word) {
  sentence.links.push_back({.kind = kind,
                            .from = std::ssize(sentence.words),
                            .to = holders.at(static_cast<size_t>(word.slot))});
}

void Derivation::link_verb(const Symbol& verb, const Lexicon& lexicon) {
  link(Link::Kind::verb_subject, verb);
  Link& made = sentence.links.back();
  const auto number = lexicon.traits(verb.word).number;
  made.attractors =
      std::count_if(sentence.words.begin() + made.to + 1, sentence.words.end(), [&](int64_t word) {
        const WordTraits& traits = lexicon.traits(word);
        return traits.is_noun() && traits.number != number;
      });
}

const Production& draw(const NumberedSymbol& symbol, const GrammarLanguage::Uniform& uniform) {
  auto left = static_cast<int64_t>(uniform() * static_cast<double>(symbol.total_weight));
  left = std::min(left, symbol.total_weight - 1);
  auto production = symbol.productions.begin();
  for (; left >= production->weight; ++production) left -= production->weight;
  return *production;
}

std::invalid_argument misplaced(const Lexicon& lexicon, int64_t word, int64_t position) {
  const std::string name = lexicon.contains(word)
                               ? '"' + lexicon.words()[static_cast<size_t>(word)] + '"'
                               : "the unknown word " + std::to_string(word);
  return std::invalid_argument(name + " cannot be at position " + std::to_string(position) +
                               " of the sentence");
}

std::vector<Derivation> continue_all(const NumberedGrammar& grammar,
                                     const std::vector<Derivation>& derivations, int64_t word) {
  std::vector<Derivation> next;
  for (const Derivation& derivation : derivations) {
    for_each_next_word(grammar, derivation.pending, {1, 1},
                       [&](const Symbol& possible, const Pending& rest, const Fraction&) {
                         if (possible.word != word) return;
                         next.push_back(derivation);
                         next.back().pending = rest;
                         next.back().append(possible, grammar.lexicon);
                       });
  }
  return next;
}

}  // namespace

Sentence sample(const NumberedGrammar& grammar, const GrammarLanguage::Uniform& uniform) {
  Derivation derivation;
  Pending& pending = derivation.pending;
  while (!pending.empty()) {
    const NumberedSymbol& next = grammar.at(pending.back());
    pending.pop_back();
    if (next.symbol.is_word()) {
      derivation.append(next.symbol, grammar.lexicon);
    } else {
      const Pending& symbols = draw(next, uniform).symbols;
      pending.insert(pending.end(), symbols.begin(), symbols.end());
    }
  }
  return std::move(derivation.sentence);
}

std::vector<Link> parse(const NumberedGrammar& grammar, const std::vector<int64_t>& words) {
  std::vector<Derivation> derivations(1);
  for (int64_t position = 0; position < std::ssize(words); ++position) {
    const int64_t word = words[static_cast<size_t>(position)];
    derivations = continue_all(grammar, derivations, word);
    if (derivations.empty()) throw misplaced(grammar.lexicon, word, position);
  }
  // A whole sentence has one derivation; while a pronoun is open, there are two.
  if (!derivations.front().pending.empty()) {
    throw std::invalid_argument("the sentence breaks off after " + std::to_string(words.size()) +
                                " words, before its \".\"");
  }
  return derivations.front().sentence.links;
}

}  // namespace heed::grammar
