#include "train/tasks/grammar/invented_language.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/train/tasks/grammar/built_in_language.h"

namespace heed {
namespace {

using Class = WordTraits::Class;
using Kind = WordTraits::Kind;
using Number = WordTraits::Number;

const InventedLanguage& invented_language() {
  static const InventedLanguage built(language());
  return built;
}

const std::string& invented_text(int64_t word) {
  return invented_language().words()[static_cast<size_t>(word)];
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

std::string translated(const std::string& text) {
  std::vector<std::string> words;
  for (const int64_t word : invented_language().translate(ids(text)).words)
    words.push_back(invented_text(word));
  return joined(words);
}

/// The English words in the order of the translation, each article as the translation has it.
std::string gloss(const std::string& text) {
  const auto sentence = ids(text);
  const auto [words, alignment, also_aligned] = invented_language().translate(sentence);
  std::vector<std::string> glosses;
  for (size_t t = 0; t < words.size(); ++t) {
    const auto& source = word_text(sentence.at(static_cast<size_t>(alignment[t])));
    glosses.push_back(source == "the" ? invented_text(words[t]) : source);
  }
  return joined(glosses);
}

std::vector<Words> sample_sentences(int count) {
  Sampler sample(1);
  std::vector<Words> sentences;
  for (int i = 0; i < count; ++i) sentences.push_back(sample().words);
  return sentences;
}

/// The position in the translation of each word of a sentence of `length` words; -1: none.
Words inverse(const Words& alignment, size_t length) {
  Words positions(length, -1);
  for (size_t t = 0; t < alignment.size(); ++t)
    positions.at(static_cast<size_t>(alignment[t])) = static_cast<int64_t>(t);
  return positions;
}

std::string translation_refusal(const Words& words) {
  return refusal([&] { invented_language().translate(words); });
}

// ---- Order and agreement, form by form ----

TEST(InventedLanguage, TheArticleShowsKindAndNumber) {
  EXPECT_EQ(gloss("the cat sleeps ."), "za cat sleeps");
  EXPECT_EQ(gloss("the cats sleep ."), "zan cats sleep");
  EXPECT_EQ(gloss("the wall falls ."), "ze wall falls");
  EXPECT_EQ(gloss("the walls fall ."), "zen walls fall");
}

TEST(InventedLanguage, TheObjectComesBeforeItsVerb) {
  EXPECT_EQ(gloss("the dog chases the mats ."), "za dog zen mats chases");
}

TEST(InventedLanguage, AnObjectComesBeforeTheVerbWithItsModifiers) {
  EXPECT_EQ(gloss("the dog chases the cats near the mat ."), "za dog zan cats ze mat near chases");
}

TEST(InventedLanguage, APrepositionFollowsItsNoun) {
  EXPECT_EQ(gloss("the dogs near the houses sleep ."), "zan dogs zen houses near sleep");
}

TEST(InventedLanguage, AnObjectRelativeKeepsItsOrder) {
  EXPECT_EQ(gloss("the cats that the dog near the houses chases sleep ."),
            "zan cats that za dog zen houses near chases sleep");
}

TEST(InventedLanguage, ASubjectRelativeEndsWithItsVerb) {
  EXPECT_EQ(gloss("the box that gleams falls ."), "ze box that gleams falls");
  EXPECT_EQ(gloss("the dog that chases the cats sleeps ."), "za dog that zan cats chases sleeps");
}

TEST(InventedLanguage, ClausesInsideOneAnotherEachEndWithTheirVerb) {
  EXPECT_EQ(gloss("the dog that chases the cats that see the fox hears the hen that runs ."),
            "za dog that zan cats that za fox see chases za hen that runs hears");
  EXPECT_EQ(gloss("the cats that the dog that the birds that sing follow chases sleep ."),
            "zan cats that za dog that zan birds that sing follow chases sleep");
}

TEST(InventedLanguage, APlaceComesBeforeThePastVerbAndAReasonHasNoConjunctionOrCopula) {
  EXPECT_EQ(gloss("the cat sat on the mats because it was tired ."),
            "za cat zen mats on sat it tired");
}

TEST(InventedLanguage, ShortRelativesAndANounNamedAgainKeepTheirPlaces) {
  EXPECT_EQ(gloss("the cats that sleep sat near the box that falls because they were hungry , "
                  "the cats ."),
            "zan cats that sleep ze box that falls near sat they hungry , zan cats");
}

TEST(InventedLanguage, TheAlignmentNamesEachWordsSource) {
  // the dog chases the mats .  ->  the dog the mats chases .
  EXPECT_EQ(invented_language().translate(ids("the dog chases the mats .")).alignment,
            (Words{0, 1, 3, 4, 2}));
  // the cat sat on the mat because it was dusty , the mat .
  EXPECT_EQ(invented_language()
                .translate(ids("the cat sat on the mat because it was dusty , the mat ."))
                .alignment,
            (Words{0, 1, 4, 5, 3, 2, 7, 9, 10, 11, 12}));
}

// ---- Words ----

TEST(InventedLanguage, OnlyTheArticleShowsANounsNumber) {
  const auto one = invented_language().translate(ids("the cat chases the hen ."));
  const auto many = invented_language().translate(ids("the cats chase the hen ."));
  EXPECT_NE(one.words[0], many.words[0]);
  EXPECT_EQ(Words(one.words.begin() + 1, one.words.end()),
            Words(many.words.begin() + 1, many.words.end()));
}

TEST(InventedLanguage, PronounsShowNumber) {
  const auto one =
      invented_language().translate(ids("the cat sat on the mat because it was tired ."));
  const auto many =
      invented_language().translate(ids("the cats sat on the mat because they were tired ."));
  std::vector<size_t> different;
  for (size_t t = 0; t < one.words.size(); ++t)
    if (one.words[t] != many.words[t]) different.push_back(t);
  EXPECT_EQ(different, (std::vector<size_t>{0, 6}));  // the article and the pronoun
}

TEST(InventedLanguage, ItsWordsAreDistinctAndNotThoseOfTheGrammar) {
  const auto& words = invented_language().words();
  EXPECT_EQ(std::set<std::string>(words.begin(), words.end()).size(), words.size());
  for (const auto& word : words) {
    const bool mark = word == ",";
    EXPECT_EQ(language().id(word).has_value(), mark) << word;
    const auto letters =
        std::count_if(word.begin(), word.end(), [](char c) { return c >= 'a' && c <= 'z'; });
    EXPECT_EQ(letters, mark ? 0 : std::ssize(word)) << word;
  }
}

TEST(InventedLanguage, ItsWordsStayTheSame) {
  EXPECT_EQ(translated("the bird that the horses that the frogs chase hear jumps ."),
            "za dabo gud zan gero gud zan taso togir linir lokir");
  EXPECT_EQ(translated("the dog waited near the boxes that burn because they were cracked ."),
            "za tofo zen repo gud nerir kes fadir laten kolal");
}

TEST(InventedLanguage, EveryWordHasOneTranslationSharedOnlyWithItsOtherNumber) {
  std::map<int64_t, std::set<int64_t>> translations, sources;  // the other way round: singulars
  for (const auto& sentence : sample_sentences(20000)) {
    const auto [words, alignment, also_aligned] = invented_language().translate(sentence);
    for (size_t t = 0; t < words.size(); ++t) {
      const int64_t word = sentence[static_cast<size_t>(alignment[t])];
      const auto& traits = language().traits(word);
      const bool merged = traits.other_number && traits.word_class != Class::pronoun;
      translations[word].insert(words[t]);
      sources[words[t]].insert(merged ? std::min(word, *traits.other_number) : word);
    }
  }
  EXPECT_EQ(translations.size(), language().words().size() - 4);  // but was, were, because and "."
  EXPECT_EQ(sources.size(), invented_language().words().size());
  for (const auto& [word, its] : translations)
    EXPECT_EQ(its.size(), word_text(word) == "the" ? 4u : 1u) << word_text(word);
  for (const auto& [word, its] : sources) EXPECT_EQ(its.size(), 1u) << invented_text(word);
}

// ---- All sentences ----

bool is_left_out(int64_t word) {
  return word_text(word) == "." || word_text(word) == "because" ||
         language().traits(word).word_class == Class::copula;
}

TEST(InventedLanguage, EveryWordOfASentenceIsTranslatedOnceOrLeftOut) {
  for (const auto& sentence : sample_sentences(20000)) {
    const auto [words, alignment, also_aligned] = invented_language().translate(sentence);
    ASSERT_EQ(words.size(), alignment.size());
    ASSERT_EQ(words.size(), also_aligned.size());
    const auto place = inverse(alignment, sentence.size());
    int64_t translated_words = 0;
    for (size_t position = 0; position < sentence.size(); ++position) {
      ASSERT_EQ(place[position] < 0, is_left_out(sentence[position]));
      translated_words += place[position] >= 0;
    }
    ASSERT_EQ(translated_words, std::ssize(words));
  }
}

TEST(InventedLanguage, ArticlesAlsoStandForTheirNounsAndPronounsForTheCopula) {
  const auto result =
      invented_language().translate(ids("the cat sat on the mat because it was dusty ."));
  EXPECT_EQ(result.alignment, (Words{0, 1, 4, 5, 3, 2, 7, 9}));
  EXPECT_EQ(result.also_aligned, (Words{1, -1, 5, -1, -1, -1, 8, -1}));
}

TEST(InventedLanguage, EveryArticleComesBeforeItsNounAndAgreesWithIt) {
  for (const auto& sentence : sample_sentences(20000)) {
    const auto [words, alignment, also_aligned] = invented_language().translate(sentence);
    for (size_t t = 0; t < words.size(); ++t) {
      const auto source = static_cast<size_t>(alignment[t]);
      if (word_text(sentence[source]) != "the") continue;
      ASSERT_EQ(alignment[t + 1], alignment[t] + 1);
      const auto& noun = language().traits(sentence[source + 1]);
      const std::string expected = std::string(noun.kind == Kind::animal ? "za" : "ze") +
                                   (noun.number == Number::plural ? "n" : "");
      ASSERT_EQ(invented_text(words[t]), expected);
    }
  }
}

// In the grammar's sentences, a word that governs a noun comes right before the noun's "the".
TEST(InventedLanguage, VerbsAndPrepositionsFollowWhatTheyGovern) {
  for (const auto& sentence : sample_sentences(20000)) {
    const auto alignment = invented_language().translate(sentence).alignment;
    const auto place = inverse(alignment, sentence.size());
    for (size_t position = 0; position + 2 < sentence.size(); ++position) {
      const auto word_class = language().traits(sentence[position]).word_class;
      const bool before_noun = word_text(sentence[position + 1]) == "the";
      if (word_class == Class::preposition ||
          (word_class == Class::transitive_verb && before_noun)) {
        ASSERT_GT(place[position], place[position + 2]);
      }
      if (word_class == Class::past_verb) {
        ASSERT_EQ(place[position], place[position + 1] + 1);  // right after the preposition
        const auto next = static_cast<size_t>(alignment[static_cast<size_t>(place[position]) + 1]);
        ASSERT_EQ(language().traits(sentence[next]).word_class, Class::pronoun);
      }
    }
  }
}

TEST(InventedLanguage, EveryVerbFollowsItsSubjectAndTheMainVerbIsLast) {
  for (const auto& sentence : sample_sentences(20000)) {
    const auto alignment = invented_language().translate(sentence).alignment;
    const auto place = inverse(alignment, sentence.size());
    const auto links = language().parse(sentence);
    for (const auto& link : links)
      if (link.kind == Link::Kind::verb_subject) {
        ASSERT_GT(place[static_cast<size_t>(link.from)], place[static_cast<size_t>(link.to)]);
      }
    // The first noun's last verb is the main clause's, in sentences without a past verb.
    int64_t main_verb = -1;
    for (const auto& link : links)
      if (link.kind == Link::Kind::verb_subject && link.to == 1) main_verb = link.from;
    const bool past = std::any_of(sentence.begin(), sentence.end(), [](int64_t word) {
      return language().traits(word).word_class == Class::past_verb;
    });
    if (!past) {
      ASSERT_EQ(place.at(static_cast<size_t>(main_verb)), std::ssize(alignment) - 1);
    }
  }
}

// ---- Refusals ----

TEST(InventedLanguage, RefusesTheFirstUngrammaticalWord) {
  EXPECT_EQ(translation_refusal(ids("the cat sleep .")),
            "\"sleep\" cannot be at position 2 of the sentence");
  EXPECT_EQ(translation_refusal(ids("the cat sleeps . the cat sleeps .")),
            "\"the\" cannot be at position 4 of the sentence");
  EXPECT_EQ(translation_refusal({language().id("the").value(), 999}),
            "the unknown word 999 cannot be at position 1 of the sentence");
}

TEST(InventedLanguage, RefusesASentenceThatBreaksOff) {
  EXPECT_EQ(translation_refusal(ids("the cat that the dog")),
            "the sentence breaks off after 5 words, before its \".\"");
  EXPECT_EQ(translation_refusal({}), "the sentence breaks off after 0 words, before its \".\"");
}

}  // namespace
}  // namespace heed
