#include "train/tasks/grammar_language.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <random>
#include <set>
#include <sstream>
#include <stdexcept>
#include <tuple>
#include <utility>

namespace heed {

void PrintTo(const Link& link, std::ostream* stream) {
  *stream << "kind " << static_cast<int>(link.kind) << ": " << link.from << " -> " << link.to
          << " past " << link.attractors;
}

namespace {

using Kind = WordTraits::Kind;
using Number = WordTraits::Number;
using Words = std::vector<int64_t>;

constexpr Link::Kind verb_subject = Link::Kind::verb_subject;
constexpr Link::Kind pronoun_antecedent = Link::Kind::pronoun_antecedent;
constexpr Link::Kind mention_antecedent = Link::Kind::mention_antecedent;

const GrammarLanguage& language() {
  static const GrammarLanguage built;
  return built;
}

int64_t id(const std::string& word) { return language().id(word).value(); }

const std::string& text_of(int64_t word) { return language().words()[static_cast<size_t>(word)]; }

Words ids(const std::string& text) {
  std::istringstream stream(text);
  Words words;
  for (std::string word; stream >> word;) words.push_back(id(word));
  return words;
}

double probability(int64_t belief, int64_t word) {
  return language().next_word(belief)[static_cast<size_t>(word)];
}

int64_t belief_after(const std::string& text) {
  int64_t belief = language().start();
  for (const int64_t word : ids(text)) belief = language().advance(belief, word);
  return belief;
}

double probability(const std::string& text, const std::string& word) {
  return probability(belief_after(text), id(word));
}

class Sampler {
 public:
  explicit Sampler(uint64_t seed) : engine_(seed) {}
  GrammarLanguage::Sentence operator()() {
    return language().sample([this] { return static_cast<double>(engine_() >> 11) * 0x1p-53; });
  }

 private:
  std::mt19937_64 engine_;
};

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

/// How many other subjects still wait for their last verb where the most do.
int64_t nesting(const std::vector<Link>& links) {
  std::map<int64_t, int64_t> last_verb;  // by subject
  for (const Link& link : links) {
    if (link.kind == verb_subject) last_verb[link.to] = std::max(last_verb[link.to], link.from);
  }
  int64_t deepest = 0;
  for (const auto& [inner, unused] : last_verb) {
    deepest = std::max<int64_t>(
        deepest, std::count_if(last_verb.begin(), last_verb.end(), [inner = inner](auto& outer) {
          return outer.first < inner && inner < outer.second;
        }));
  }
  return deepest;
}

std::string refusal(const Words& words) {
  try {
    language().parse(words);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "accepted";
}

// ---- Vocabulary ----

TEST(GrammarLanguage, HasAboutAHundredDistinctWords) {
  const auto& words = language().words();
  EXPECT_GE(words.size(), 90);
  EXPECT_LE(words.size(), 110);
  EXPECT_EQ(std::set<std::string>(words.begin(), words.end()).size(), words.size());
}

TEST(GrammarLanguage, FindsEveryWordByItsText) {
  for (int64_t word = 0; word < std::ssize(language().words()); ++word) {
    EXPECT_EQ(language().id(text_of(word)), word);
  }
  EXPECT_EQ(language().id("unicorn"), std::nullopt);
}

TEST(GrammarLanguage, KnowsWhatItsWordsAre) {
  EXPECT_TRUE(language().traits(id("cats")).is_noun());
  EXPECT_EQ(language().traits(id("cats")).kind, Kind::animal);
  EXPECT_EQ(language().traits(id("cats")).number, Number::plural);
  EXPECT_EQ(language().traits(id("house")).kind, Kind::thing);
  EXPECT_TRUE(language().traits(id("chases")).is_present_verb());
  EXPECT_TRUE(language().traits(id("fall")).is_present_verb());
  EXPECT_FALSE(language().traits(id("sat")).is_present_verb());
  EXPECT_EQ(language().traits(id("the")).number, std::nullopt);
  EXPECT_THROW(language().traits(std::ssize(language().words())), std::out_of_range);
}

TEST(GrammarLanguage, PairsTheFormsForTheTwoNumbers) {
  EXPECT_EQ(language().traits(id("chases")).other_number, id("chase"));
  for (int64_t word = 0; word < std::ssize(language().words()); ++word) {
    const WordTraits& its = language().traits(word);
    ASSERT_EQ(its.number.has_value(), its.other_number.has_value()) << text_of(word);
    if (!its.number) continue;
    const WordTraits& other = language().traits(*its.other_number);
    EXPECT_EQ(other.other_number, word);
    EXPECT_NE(other.number, its.number);
    EXPECT_EQ(std::tie(other.word_class, other.kind), std::tie(its.word_class, its.kind));
  }
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

TEST(GrammarLanguage, SamplesFromBothEndsOfTheUnitInterval) {
  for (const double end : {0.0, std::nextafter(1.0, 0.0)}) {
    const auto [words, links] = language().sample([end] { return end; });
    EXPECT_EQ(language().parse(words), links) << end;
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
    EXPECT_DOUBLE_EQ(probability(open, word), adjective ? 1.0 / 12 : 0) << text_of(word);
    EXPECT_DOUBLE_EQ(probability(animal_only, word), of_animal ? 1.0 / 6 : 0) << text_of(word);
  }
}

TEST(GrammarLanguage, AdjectiveDecidesWhichNounIsNamedAgain) {
  EXPECT_DOUBLE_EQ(probability("the cat sat on the mat because it was tired , the", "cat"), 1);
  EXPECT_DOUBLE_EQ(probability("the cat sat on the mat because it was dusty , the", "mat"), 1);
  EXPECT_DOUBLE_EQ(
      probability("the dogs that run lay near the houses because they were tired , the", "dogs"),
      1);
}

/// Words that play the same part stand for one another: "the hen lay" becomes "the cat sat".
std::string representative(int64_t word) {
  const WordTraits& its = language().traits(word);
  if (its.word_class == WordTraits::Class::particle) return text_of(word);
  for (int64_t first = 0;; ++first) {
    const WordTraits& other = language().traits(first);
    if (std::tie(other.word_class, other.kind, other.number) ==
        std::tie(its.word_class, its.kind, its.number)) {
      return text_of(first);
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

// ---- Links ----

TEST(GrammarLanguage, LinksAVerbToItsSubjectAcrossAnObjectRelative) {
  const std::vector<Link> expected = {
      {.kind = verb_subject, .from = 8, .to = 4, .attractors = 1},
      {.kind = verb_subject, .from = 9, .to = 1, .attractors = 1},
  };
  const auto links = language().parse(ids("the cats that the dog near the houses chases sleep ."));
  EXPECT_EQ(links, expected);
  EXPECT_EQ(links[0].distance(), 4);
  EXPECT_EQ(links[1].distance(), 8);
}

TEST(GrammarLanguage, LinksVerbsToTheirSubjectsThreeClausesDeep) {
  const std::vector<Link> expected = {
      {.kind = verb_subject, .from = 14, .to = 10, .attractors = 1},
      {.kind = verb_subject, .from = 15, .to = 7, .attractors = 1},
      {.kind = verb_subject, .from = 16, .to = 4, .attractors = 2},
      {.kind = verb_subject, .from = 17, .to = 1, .attractors = 2},
  };
  const auto links = language().parse(ids(
      "the cats that the dog that the birds that the fox near the houses sees chase follows sleep "
      "."));
  EXPECT_EQ(links, expected);
  EXPECT_EQ(nesting(links), 3);
}

TEST(GrammarLanguage, LinksTheVerbOfASubjectRelativeToTheNounItModifies) {
  const std::vector<Link> expected = {
      {.kind = verb_subject, .from = 3, .to = 1},
      {.kind = verb_subject, .from = 7, .to = 5},
      {.kind = verb_subject, .from = 10, .to = 1, .attractors = 1},
  };
  EXPECT_EQ(language().parse(ids("the dog that chases the cats that see the fox sleeps .")),
            expected);
}

TEST(GrammarLanguage, LinksPronounAndMentionToTheAnimal) {
  const std::vector<Link> expected = {
      {.kind = pronoun_antecedent, .from = 7, .to = 1},
      {.kind = mention_antecedent, .from = 12, .to = 1},
  };
  EXPECT_EQ(language().parse(ids("the cat sat on the mat because it was tired , the cat .")),
            expected);
}

TEST(GrammarLanguage, LinksPronounAndMentionToTheThing) {
  const std::vector<Link> expected = {
      {.kind = pronoun_antecedent, .from = 7, .to = 5},
      {.kind = mention_antecedent, .from = 12, .to = 5},
  };
  EXPECT_EQ(language().parse(ids("the cat sat on the mat because it was dusty , the mat .")),
            expected);
}

TEST(GrammarLanguage, LinksPronounsPastShortRelatives) {
  const std::vector<Link> expected = {
      {.kind = verb_subject, .from = 3, .to = 1},
      {.kind = verb_subject, .from = 9, .to = 7},
      {.kind = pronoun_antecedent, .from = 11, .to = 1},
  };
  EXPECT_EQ(language().parse(
                ids("the cats that sleep sat near the box that falls because they were hungry .")),
            expected);
}

TEST(GrammarLanguage, ParsingFindsTheLinksOfSampledSentences) {
  Sampler sample(5);
  for (int i = 0; i < 20000; ++i) {
    const auto [words, links] = sample();
    ASSERT_EQ(language().parse(words), links);
  }
}

TEST(GrammarLanguage, LinkedWordsAgree) {
  Sampler sample(6);
  for (int i = 0; i < 20000; ++i) {
    const auto [words, links] = sample();
    for (const Link& link : links) {
      const int64_t word = words[static_cast<size_t>(link.from)];
      const int64_t noun = words[static_cast<size_t>(link.to)];
      ASSERT_TRUE(language().traits(noun).is_noun());
      ASSERT_EQ(language().traits(word).number, language().traits(noun).number);
      if (link.kind == verb_subject) {
        ASSERT_EQ(language().traits(word).kind, language().traits(noun).kind);
      }
      if (link.kind == mention_antecedent) {
        ASSERT_EQ(word, noun);
      }
    }
  }
}

TEST(GrammarLanguage, EveryPresentVerbAndPronounHasOneLink) {
  Sampler sample(7);
  for (int i = 0; i < 20000; ++i) {
    const auto [words, links] = sample();
    std::vector<int64_t> linked, expected;
    for (const Link& link : links) {
      if (link.kind != mention_antecedent) linked.push_back(link.from);
    }
    for (int64_t position = 0; position < std::ssize(words); ++position) {
      const WordTraits& its = language().traits(words[static_cast<size_t>(position)]);
      const bool pronoun = its.word_class == WordTraits::Class::pronoun;
      if (its.is_present_verb() || pronoun) expected.push_back(position);
    }
    ASSERT_EQ(linked, expected);
  }
}

// ---- Nesting ----

TEST(GrammarLanguage, SampledSentencesNestThreeDeepAndNeverFour) {
  Sampler sample(8);
  constexpr int count = 100000;
  std::map<int64_t, int> sentences;
  for (int i = 0; i < count; ++i) ++sentences[nesting(sample().links)];
  EXPECT_EQ(sentences.rbegin()->first, 3);
  EXPECT_GT(sentences[3], 0.003 * count);
  EXPECT_GT(sentences[2], 0.02 * count);
  EXPECT_GT(sentences[1], sentences[2]);
  EXPECT_GT(sentences[0], 0.5 * count);
}

TEST(GrammarLanguage, ThirdClauseTakesNoFurtherRelative) {
  EXPECT_GT(probability("the cats that the dog that the birds", "that"), 0);
  EXPECT_EQ(probability("the cats that the dog that the birds that the fox", "that"), 0);
  EXPECT_GT(probability("the cats that chase the dog that chases the birds", "that"), 0);
  EXPECT_EQ(
      probability("the cats that chase the dog that chases the birds that chase the fox", "that"),
      0);
}

// ---- Refusals ----

TEST(GrammarLanguage, RefusesTheFirstWordThatCannotStandWhereItStands) {
  const std::vector<std::tuple<std::string, std::string, int>> wrong = {
      {"cat sleeps .", "cat", 0},
      {"the cat sleep .", "sleep", 2},
      {"the mat sleeps .", "sleeps", 2},
      {"the cats that the dog near the houses chase sleep .", "chase", 8},
      {"the cat sat on the cat .", "cat", 5},
      {"the cat sat on the mat because they were tired .", "they", 7},
      {"the cat sat on the mat because it was dusty , the cat .", "cat", 12},
      {"the cat sleeps . the", "the", 4},
  };
  for (const auto& [text, word, position] : wrong) {
    const std::string expected =
        '"' + word + "\" cannot stand at position " + std::to_string(position) + " of the sentence";
    EXPECT_EQ(refusal(ids(text)), expected) << text;
  }
}

TEST(GrammarLanguage, RefusesWordsThatItDoesNotHave) {
  EXPECT_EQ(refusal({id("the"), 999}),
            "the unknown word 999 cannot stand at position 1 of the sentence");
}

TEST(GrammarLanguage, RefusesASentenceThatBreaksOff) {
  EXPECT_EQ(refusal(ids("the cat sleeps")),
            "the sentence breaks off after 3 words, before its \".\"");
  EXPECT_EQ(refusal({}), "the sentence breaks off after 0 words, before its \".\"");
}

}  // namespace
}  // namespace heed
