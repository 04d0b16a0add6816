#include "train/tasks/grammar/grammar_language.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <utility>

#include "train/tasks/grammar/grammar_beliefs.h"
#include "train/tasks/grammar/grammar_derivation.h"
#include "train/tasks/grammar/numbered_grammar.h"

namespace heed {
namespace {

double compute_entropy(const std::vector<double>& probabilities) {
  double entropy = 0;
  for (const double p : probabilities) entropy -= p > 0 ? p * std::log(p) : 0;
  return entropy;
}

}  // namespace

GrammarLanguage::GrammarLanguage() : grammar_(std::make_shared<const grammar::NumberedGrammar>()) {
  explore();
  measure_sentences();
}

const std::vector<std::string>& GrammarLanguage::words() const { return grammar_->lexicon.words(); }

std::optional<int64_t> GrammarLanguage::id(const std::string& word) const {
  return grammar_->lexicon.id(word);
}

const WordTraits& GrammarLanguage::traits(int64_t word) const {
  return grammar_->lexicon.traits(word);
}

GrammarLanguage::Sentence GrammarLanguage::sample(const Uniform& uniform) const {
  return grammar::sample(*grammar_, uniform);
}

std::vector<Link> GrammarLanguage::parse(const std::vector<int64_t>& words) const {
  return grammar::parse(*grammar_, words);
}

int64_t GrammarLanguage::belief_count() const { return std::ssize(beliefs_); }

int64_t GrammarLanguage::start() const { return 0; }

const std::vector<double>& GrammarLanguage::next_word(int64_t belief) const {
  return beliefs_.at(static_cast<size_t>(belief)).next_word;
}

int64_t GrammarLanguage::advance(int64_t belief, int64_t word) const {
  const std::vector<int64_t>& after = beliefs_.at(static_cast<size_t>(belief)).after;
  return grammar_->lexicon.contains(word) ? after[static_cast<size_t>(word)] : -1;
}

double GrammarLanguage::mean_entropy(int64_t length) const {
  if (length < 1) throw std::invalid_argument("mean_entropy needs a length of at least 1");
  const auto positions = static_cast<size_t>(length) + 1;
  // Each position passes on the sentences that start there: their words' entropies and their ends.
  std::vector<double> begins(positions + 1);
  std::vector<double> entropy(positions);
  begins[0] = 1;
  for (size_t first = 0; first < positions; ++first) {
    for (size_t word = 0; word < std::min(ends_at_.size(), positions - first); ++word) {
      entropy[first + word] += begins[first] * entropy_at_[word];
      begins[first + word + 1] += begins[first] * ends_at_[word];
    }
  }
  return std::accumulate(entropy.begin() + 1, entropy.end(), 0.0) / static_cast<double>(length);
}

void GrammarLanguage::explore() {
  grammar::BeliefNumbers numbers;
  numbers.find_or_add({{grammar::whole_sentence(), 1}});
  const size_t vocabulary = words().size();
  for (size_t number = 0; number < numbers.size(); ++number) {
    Belief belief{.next_word = std::vector<double>(vocabulary),
                  .after = std::vector<int64_t>(vocabulary, -1)};
    for (const auto& [word, ways] : grammar::continuations(*grammar_, numbers.key(number))) {
      belief.next_word[static_cast<size_t>(word)] = grammar::sum_probabilities(ways);
      belief.after[static_cast<size_t>(word)] = numbers.find_or_add(grammar::make_key(ways));
    }
    belief.entropy = compute_entropy(belief.next_word);
    beliefs_.push_back(std::move(belief));
  }
}

void GrammarLanguage::measure_sentences() {
  std::vector<double> share(beliefs_.size());  // of each belief, before the next word
  share[0] = 1;
  for (double unfinished = 1; unfinished > 0;) {
    mean_length_ += unfinished;
    entropy_at_.push_back(expected_entropy(share));
    share = propagate(share);
    ends_at_.push_back(std::exchange(share[0], 0));
    unfinished = std::accumulate(share.begin(), share.end(), 0.0);
  }
  sentence_entropy_ = std::accumulate(entropy_at_.begin(), entropy_at_.end(), 0.0);
}

// The shares of the beliefs one word later.
std::vector<double> GrammarLanguage::propagate(const std::vector<double>& share) const {
  std::vector<double> next(beliefs_.size());
  for (size_t number = 0; number < beliefs_.size(); ++number) {
    if (share[number] == 0) continue;
    const Belief& belief = beliefs_[number];
    for (size_t word = 0; word < belief.after.size(); ++word) {
      if (belief.after[word] < 0) continue;
      next[static_cast<size_t>(belief.after[word])] += share[number] * belief.next_word[word];
    }
  }
  return next;
}

double GrammarLanguage::expected_entropy(const std::vector<double>& share) const {
  double sum = 0;
  for (size_t belief = 0; belief < beliefs_.size(); ++belief) {
    sum += share[belief] * beliefs_[belief].entropy;
  }
  return sum;
}

}  // namespace heed
