#include "train/tasks/grammar/grammar_beliefs.h"

#include <numeric>

namespace heed::grammar {

BeliefKey make_key(const Weighted& ways) {
  int64_t common = 1;
  for (const auto& [pending, weight] : ways) common = std::lcm(common, weight.denominator);
  BeliefKey key;
  int64_t divisor = 0;
  for (const auto& [pending, weight] : ways) {
    key.emplace_back(pending, weight.numerator * (common / weight.denominator));
    divisor = std::gcd(divisor, key.back().second);
  }
  for (auto& [pending, weight] : key) weight /= divisor;
  return key;
}

double sum_probabilities(const Weighted& ways) {
  Fraction sum;
  for (const auto& [pending, weight] : ways) sum = sum + weight;
  return to_double(sum);
}

std::map<int64_t, Weighted> continuations(const NumberedGrammar& grammar, const BeliefKey& belief) {
  int64_t total = 0;
  for (const auto& [pending, weight] : belief) total += weight;
  std::map<int64_t, Weighted> next;
  for (const auto& [pending, weight] : belief) {
    for_each_next_word(grammar, pending, reduced(weight, total),
                       [&](const Symbol& word, const Pending& rest, const Fraction& share) {
                         Fraction& sum = next[word.word][rest.empty() ? whole_sentence() : rest];
                         sum = sum + share;
                       });
  }
  return next;
}

}  // namespace heed::grammar
