#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "train/tasks/grammar/numbered_grammar.h"

// An inner part of GrammarLanguage: what the words of a sentence so far tell about how it goes on.

namespace heed::grammar {

/// Ways to go on, by what is pending, and their weights.
using Weighted = std::map<Pending, Fraction>;

/// What is pending, in all ways that agree with the words so far, and the ways' weights. The
/// weights are integers without a common divisor, and exact: equal beliefs are equal keys.
using BeliefKey = std::vector<std::pair<Pending, int64_t>>;

BeliefKey make_key(const Weighted& ways);

/// Of all ways together.
double sum_probabilities(const Weighted& ways);

/// By next word, the ways to go on after it. The weights of all sum to one.
std::map<int64_t, Weighted> continuations(const NumberedGrammar& grammar, const BeliefKey& belief);

/// Gives every belief the number of its first occurrence.
class BeliefNumbers {
 public:
  int64_t find_or_add(BeliefKey key) {
    const auto [entry, is_new] = numbers_.try_emplace(std::move(key), std::ssize(keys_));
    if (is_new) keys_.push_back(&entry->first);
    return entry->second;
  }
  const BeliefKey& key(size_t number) const { return *keys_[number]; }
  size_t size() const { return keys_.size(); }

 private:
  std::map<BeliefKey, int64_t> numbers_;
  std::vector<const BeliefKey*> keys_;
};

}  // namespace heed::grammar
