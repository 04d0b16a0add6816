#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "train/tasks/grammar/grammar_fraction.h"
#include "train/tasks/grammar/grammar_lexicon.h"
#include "train/tasks/grammar/grammar_rules.h"

// An inner part of GrammarLanguage: its rules with their symbols numbered, and their expansion.

namespace heed::grammar {

/// Symbols still to come, the next one last.
using Pending = std::vector<int>;

/// The part of an alternative that a program needs: symbols by number.
struct Production {
  int64_t weight = 1;
  Pending symbols;  // the first one last
};

struct NumberedSymbol {
  Symbol symbol;
  int64_t total_weight = 0;
  std::vector<Production> productions;
};

/// All symbols that can occur in a sentence; number 0 is the sentence itself.
std::vector<NumberedSymbol> number_symbols(const Rules& rules);

struct NumberedGrammar {
  Lexicon lexicon;
  std::vector<NumberedSymbol> symbols = number_symbols(Rules(lexicon));

  const NumberedSymbol& at(int number) const { return symbols[static_cast<size_t>(number)]; }
};

/// What is pending before a sentence's first word.
inline Pending whole_sentence() { return {0}; }

/// Expands the next symbol in all ways until each has a word first, and visits (word, what is
/// pending after it, weight of the way).
template <typename Visit>
void for_each_next_word(const NumberedGrammar& grammar, Pending pending, const Fraction& weight,
                        const Visit& visit) {
  if (pending.empty()) return;
  const NumberedSymbol& next = grammar.at(pending.back());
  pending.pop_back();
  if (next.symbol.is_word()) {
    visit(next.symbol, pending, weight);
    return;
  }
  for (const Production& production : next.productions) {
    Pending expanded = pending;
    expanded.insert(expanded.end(), production.symbols.begin(), production.symbols.end());
    for_each_next_word(grammar, std::move(expanded),
                       weight * Fraction{production.weight, next.total_weight}, visit);
  }
}

}  // namespace heed::grammar
