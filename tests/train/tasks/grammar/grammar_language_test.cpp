#include "train/tasks/grammar/grammar_language.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>
#include <stdexcept>
#include <tuple>

#include "tests/train/tasks/grammar/built_in_language.h"

namespace heed {
namespace {

using Kind = WordTraits::Kind;

/// Negative log-likelihoods, in nats, of the words of whole sentences.
std::vector<double> surprises(const Words& words) {
  std::vector<double> nats;
  int64_t belief = language().start();
  for (const int64_t word : words) {
    nats.push_back(-std::log(probability(belief, word)));
    belief = language().advance(belief, word);
  }
  return nats;
}

double sum(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

double mean(const std::vector<double>& values) {
  return sum(values) / static_cast<double>(values.size());
}

double standard_error(const std::vector<double>& values) {
  const double centre = mean(values);
  double squares = 0;
  for (const double value : values) squares += std::pow(value - centre, 2);
  const auto count = static_cast<double>(values.size());
  return std::sqrt(squares / (count - 1) / count);
}

// ---- Prediction ----

TEST(GrammarLanguage, NextWordProbabilitiesSumToOne) {
  for (int64_t belief = 0; belief < language().belief_count(); ++belief) {
    const auto& next = language().next_word(belief);
    ASSERT_EQ(next.size(), language().words().size());
    EXPECT_GE(*std::min_element(next.begin(), next.end()), 0);
    EXPECT_NEAR(sum(next), 1, 1e-12);
  }
}

TEST(GrammarLanguage, AdvancesByExactlyTheWordsThatAreLikely) {
  for (int64_t belief = 0; belief < language().belief_count(); ++belief) {
    for (int64_t word = 0; word < std::ssize(language().words()); ++word) {
      const int64_t after = language().advance(belief, word);
      EXPECT_EQ(after >= 0, probability(belief, word) > 0);
      EXPECT_LT(after, language().belief_count());
      const bool ends = after == language().start();
      EXPECT_EQ(ends, after >= 0 && word == id("."));
    }
  }
  EXPECT_EQ(language().advance(language().start(), -1), -1);
  EXPECT_EQ(language().advance(language().start(), std::ssize(language().words())), -1);
  EXPECT_THROW(language().advance(language().belief_count(), 0), std::out_of_range);
}

TEST(GrammarLanguage, KeepsOneBeliefForSentencesThatGoOnAlike) {
  EXPECT_EQ(belief_after("the cat near the dog"), belief_after("the hen behind the walls"));
  EXPECT_NE(belief_after("the cat near the dog"), belief_after("the hens behind the walls"));
  EXPECT_NE(belief_after("the cat"), belief_after("the hen"));
}

TEST(GrammarLanguage, SampledWordsAreAlwaysPossible) {
  Sampler sample(1);
  for (int i = 0; i < 20000; ++i) {
    int64_t belief = language().start();
    for (const int64_t word : sample().words) {
      ASSERT_GT(probability(belief, word), 0);
      belief = language().advance(belief, word);
    }
    ASSERT_EQ(belief, language().start());
  }
}

TEST(GrammarLanguage, PronounAgreesWithOneOfTheTwoNouns) {
  EXPECT_DOUBLE_EQ(probability("the cat sat on the mat because", "it"), 1);
  EXPECT_DOUBLE_EQ(probability("the cat sat on the mat because", "they"), 0);
  EXPECT_DOUBLE_EQ(probability("the cats sat on the mats because", "they"), 1);
  EXPECT_DOUBLE_EQ(probability("the cats sat on the mat because", "it"), 0.5);
  EXPECT_DOUBLE_EQ(probability("the cats sat on the mat because", "they"), 0.5);
}

TEST(GrammarLanguage, AdjectiveFitsEveryNounThatThePronounMayMean) {
  const int64_t open = belief_after("the cat sat on the mat because it was");
  const int64_t animal_only = belief_after("the cats sat on the mat because they were");
  for (int64_t word = 0; word < std::ssize(language().words()); ++word) {
    const WordTraits& its = language().traits(word);
    const bool adjective = its.word_class == WordTraits::Class::adjective;
    const bool of_animal = adjective && its.kind == Kind::animal;
    EXPECT_DOUBLE_EQ(probability(open, word), adjective ? 1.0 / 12 : 0) << word_text(word);
    EXPECT_DOUBLE_EQ(probability(animal_only, word), of_animal ? 1.0 / 6 : 0) << word_text(word);
  }
}

TEST(GrammarLanguage, AdjectiveDecidesWhichNounIsNamedAgain) {
  EXPECT_DOUBLE_EQ(probability("the cat sat on the mat because it was tired , the", "cat"), 1);
  EXPECT_DOUBLE_EQ(probability("the cat sat on the mat because it was dusty , the", "mat"), 1);
  EXPECT_DOUBLE_EQ(
      probability("the dogs that run lay near the houses because they were tired , the", "dogs"),
      1);
}

/// Replaces words by the first of those with the same role: "the hen lay" becomes "the cat sat".
std::string representative(int64_t word) {
  const WordTraits& its = language().traits(word);
  if (its.word_class == WordTraits::Class::particle) return word_text(word);
  for (int64_t first = 0;; ++first) {
    const WordTraits& other = language().traits(first);
    if (std::tie(other.word_class, other.kind, other.number) ==
        std::tie(its.word_class, its.kind, its.number)) {
      return word_text(first);
    }
  }
}

struct Tally {
  double observed = 0;
  double expected = 0;
  double variance = 0;
  double z() const { return (observed - expected) / std::sqrt(variance); }
};

using Tallies = std::map<std::string, std::vector<Tally>>;  // by beginning, then by word

void count_next_words(const Words& words, const std::vector<std::string>& representatives,
                      Tallies& tallies) {
  int64_t belief = language().start();
  std::string beginning;
  for (const int64_t word : words) {
    std::vector<Tally>& tally = tallies[beginning];
    tally.resize(language().words().size());
    for (size_t next = 0; next < tally.size(); ++next) {
      const double p = language().next_word(belief)[next];
      tally[next].expected += p;
      tally[next].variance += p * (1 - p);
    }
    tally[static_cast<size_t>(word)].observed += 1;
    belief = language().advance(belief, word);
    beginning += representatives[static_cast<size_t>(word)] + " ";
  }
}

TEST(GrammarLanguage, SampledFrequenciesMatchTheExactProbabilities) {
  std::vector<std::string> representatives;
  for (int64_t word = 0; word < std::ssize(language().words()); ++word) {
    representatives.push_back(representative(word));
  }
  Sampler sample(2);
  Tallies tallies;
  for (int i = 0; i < 120000; ++i) count_next_words(sample().words, representatives, tallies);

  std::set<std::string> judged;
  std::vector<double> squares;
  for (const auto& [beginning, tally] : tallies) {
    for (size_t word = 0; word < tally.size(); ++word) {
      if (tally[word].variance < 25) continue;
      judged.insert(beginning);
      squares.push_back(std::pow(tally[word].z(), 2));
      EXPECT_LT(std::abs(tally[word].z()), 5) << beginning << language().words()[word];
    }
  }
  EXPECT_NEAR(mean(squares), 1, 0.15);
  for (const std::string beginning :
       {"the ", "the cat ", "the cat that ", "the cat that sleeps ", "the cats that the cat ",
        "the cats sat on the mat because ", "the cat sat on the mat because it was ",
        "the cat sat on the mat because it was tired "}) {
    EXPECT_TRUE(judged.contains(beginning)) << beginning;
  }
}

// ---- Entropy ----

TEST(GrammarLanguage, MeanSurpriseOfSentencesIsTheEntropyRate) {
  Sampler sample(3);
  const double rate = language().entropy_rate();
  std::vector<double> lengths, nats, excess;
  for (int i = 0; i < 200000; ++i) {
    const std::vector<double> surprise = surprises(sample().words);
    lengths.push_back(static_cast<double>(surprise.size()));
    nats.push_back(sum(surprise));
    excess.push_back(nats.back() - rate * lengths.back());
  }
  EXPECT_NEAR(mean(lengths), language().mean_length(), 3 * standard_error(lengths));
  EXPECT_NEAR(mean(nats), language().sentence_entropy(), 3 * standard_error(nats));
  // A ratio's error: the excess over the rate varies with the length that it is divided by.
  EXPECT_NEAR(sum(nats) / sum(lengths), rate, 3 * standard_error(excess) / mean(lengths));
}

double row_surprise(Sampler& sample, size_t length) {
  Words row;
  while (row.size() <= length) {
    const Words words = sample().words;
    row.insert(row.end(), words.begin(), words.end());
  }
  row.resize(length + 1);
  std::vector<double> nats = surprises(row);
  nats.erase(nats.begin());
  return mean(nats);
}

TEST(GrammarLanguage, MeanSurpriseOfRowsIsTheMeanEntropy) {
  Sampler sample(4);
  for (const size_t length : {1, 2, 7, 31}) {
    std::vector<double> nats;
    for (int row = 0; row < 30000; ++row) nats.push_back(row_surprise(sample, length));
    EXPECT_NEAR(mean(nats), language().mean_entropy(static_cast<int64_t>(length)),
                3 * standard_error(nats))
        << length;
  }
}

TEST(GrammarLanguage, MeanEntropyOfOneWordIsThatOfTheFirstNoun) {
  // Animals open every sentence about a place, and half of the others.
  const double animal = 20 * probability("the", "cat");
  const double expected =
      -animal * std::log(animal / 20) - (1 - animal) * std::log((1 - animal) / 20);
  EXPECT_GT(animal, 0.5);
  EXPECT_NEAR(language().mean_entropy(1), expected, 1e-12);
  EXPECT_THROW(language().mean_entropy(0), std::invalid_argument);
}

TEST(GrammarLanguage, MeanEntropyOfLongRowsApproachesTheEntropyRate) {
  const double rate = language().entropy_rate();
  const double excess = language().mean_entropy(1000) - rate;
  EXPECT_NEAR(excess, 0, 0.01);
  EXPECT_NEAR(language().mean_entropy(10000) - rate, excess / 10, 1e-6);
}

}  // namespace
}  // namespace heed
