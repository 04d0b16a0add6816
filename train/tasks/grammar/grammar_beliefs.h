#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "train/tasks/grammar/numbered_grammar.h"

// Part of GrammarLanguage: what the words of a sentence so far tell about its continuation.

namespace heed::grammar {

/// Possible continuations, by what is pending, and their weights.
using Weighted = std::map<Pending, Fraction>;

/// All continuations that agree with the words so far, and their weights: exact integers without a
/// common divisor, so that equal beliefs have equal keys.
using BeliefKey = std::vector<std::pair<Pending, int64_t>>;

BeliefKey make_key(const Weighted& ways);

/// The probability of all continuations together.
double sum_probabilities(const Weighted& ways);

/// For each next word, the continuations after it. All weights sum to one.
std::map<int64_t, Weighted> continuations(const NumberedGrammar& grammar, const BeliefKey& belief);

/// Numbers beliefs in the order of their first occurrence.
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
