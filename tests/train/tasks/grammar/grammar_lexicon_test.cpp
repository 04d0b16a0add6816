#include <gtest/gtest.h>

#include <set>
#include <stdexcept>
#include <tuple>

#include "tests/train/tasks/grammar/built_in_language.h"

namespace heed {
namespace {

using Kind = WordTraits::Kind;
using Number = WordTraits::Number;

TEST(GrammarLanguage, HasAboutAHundredDistinctWords) {
  const auto& words = language().words();
  EXPECT_GE(words.size(), 90);
  EXPECT_LE(words.size(), 110);
  EXPECT_EQ(std::set<std::string>(words.begin(), words.end()).size(), words.size());
}

TEST(GrammarLanguage, FindsEveryWordByItsText) {
  for (int64_t word = 0; word < std::ssize(language().words()); ++word) {
    EXPECT_EQ(language().id(word_text(word)), word);
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
    ASSERT_EQ(its.number.has_value(), its.other_number.has_value()) << word_text(word);
    if (!its.number) continue;
    const WordTraits& other = language().traits(*its.other_number);
    EXPECT_EQ(other.other_number, word);
    EXPECT_NE(other.number, its.number);
    EXPECT_EQ(std::tie(other.word_class, other.kind), std::tie(its.word_class, its.kind));
  }
}

}  // namespace
}  // namespace heed
