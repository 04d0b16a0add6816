#include "train/tasks/grammar/numbered_grammar.h"

#include <algorithm>
#include <map>

namespace heed::grammar {

std::vector<NumberedSymbol> number_symbols(const Rules& rules) {
  std::vector<NumberedSymbol> numbered;
  std::map<Symbol, int> numbers;
  const auto find_or_add = [&](const Symbol& symbol) {
    const auto [entry, is_new] = numbers.try_emplace(symbol, static_cast<int>(numbered.size()));
    if (is_new) numbered.push_back({.symbol = symbol, .productions = {}});
    return entry->second;
  };
  find_or_add({.type = Type::sentence});
  for (size_t next = 0; next < numbered.size(); ++next) {
    for (const auto& [weight, symbols] : rules.alternatives(numbered[next].symbol)) {
      Production production{.weight = weight, .symbols = {}};
      for (const Symbol& symbol : symbols) production.symbols.push_back(find_or_add(symbol));
      std::reverse(production.symbols.begin(), production.symbols.end());
      numbered[next].total_weight += weight;
      numbered[next].productions.push_back(std::move(production));
    }
  }
  return numbered;
}

}  // namespace heed::grammar
