#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "train/tasks/grammar/grammar_fraction.h"
#include "train/tasks/grammar/grammar_lexicon.h"
#include "train/tasks/grammar/grammar_rules.h"

// Part of GrammarLanguage: its rules with numbered symbols, and their expansion.

namespace heed::grammar {

/// The symbols still to come, the next one last.
using Pending = std::vector<int>;

/// An alternative with its symbols as numbers.
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

/// The pending symbols before a sentence's first word.
inline Pending whole_sentence() { return {0}; }

/// Expands the next symbol in all ways until a word comes first, and visits (word, pending symbols
/// after it, weight of this way).
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
