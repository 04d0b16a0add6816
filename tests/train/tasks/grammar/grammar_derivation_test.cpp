#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <ostream>
#include <stdexcept>
#include <tuple>

#include "tests/train/tasks/grammar/built_in_language.h"

namespace heed {

void PrintTo(const Link& link, std::ostream* stream) {
  *stream << "kind " << static_cast<int>(link.kind) << ": " << link.from << " -> " << link.to
          << " past " << link.attractors;
}

namespace {

constexpr Link::Kind verb_subject = Link::Kind::verb_subject;
constexpr Link::Kind pronoun_antecedent = Link::Kind::pronoun_antecedent;
constexpr Link::Kind mention_antecedent = Link::Kind::mention_antecedent;

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

std::string parse_refusal(const Words& words) {
  return refusal([&] { language().parse(words); });
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

TEST(GrammarLanguage, SamplesFromBothEndsOfTheUnitInterval) {
  for (const double end : {0.0, std::nextafter(1.0, 0.0)}) {
    const auto [words, links] = language().sample([end] { return end; });
    EXPECT_EQ(language().parse(words), links) << end;
  }
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
        '"' + word + "\" cannot be at position " + std::to_string(position) + " of the sentence";
    EXPECT_EQ(parse_refusal(ids(text)), expected) << text;
  }
}

TEST(GrammarLanguage, RefusesWordsThatItDoesNotHave) {
  EXPECT_EQ(parse_refusal({id("the"), 999}),
            "the unknown word 999 cannot be at position 1 of the sentence");
}

TEST(GrammarLanguage, RefusesASentenceThatBreaksOff) {
  EXPECT_EQ(parse_refusal(ids("the cat sleeps")),
            "the sentence breaks off after 3 words, before its \".\"");
  EXPECT_EQ(parse_refusal({}), "the sentence breaks off after 0 words, before its \".\"");
}

}  // namespace
}  // namespace heed
