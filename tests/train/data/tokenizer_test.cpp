#include "train/data/tokenizer.h"

#include <gmock/gmock.h>

namespace heed {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

Tokenizer trained_on(const std::string& text, const std::string& unit, int64_t limit = 0) {
  UnitCounts counts;
  each_unit(text, unit, "text", [&](std::string_view one) { counts.add(one); });
  return Tokenizer(make_vocabulary(counts, unit, limit));
}

TEST(Tokenizer, DecodingRestoresTheTextForEachUnit) {
  const std::string text = "Ein Käse,\nzwei Käse\n";
  for (const std::string unit : {"character", "byte", "word"}) {
    const auto tokenizer = trained_on(text, unit);
    EXPECT_EQ(tokenizer.decode(tokenizer.encode(text, "")), text) << unit;
  }
}

TEST(Tokenizer, CharactersAreNumberedInTheOrderOfTheirCode) {
  EXPECT_THAT(trained_on("bäca\n", "character").vocabulary().tokens,
              ElementsAre("\n", "a", "b", "c", "ä"));
}

TEST(Tokenizer, WordsAreNumberedByFrequencyAfterUnknown) {
  const auto tokenizer = trained_on("b a b c b a", "word");
  EXPECT_THAT(tokenizer.vocabulary().tokens, ElementsAre("<unk>", "b", "a", "c"));
  EXPECT_THAT(tokenizer.encode("c b x", ""), ElementsAre(3, 1, 0));
}

TEST(Tokenizer, ALimitKeepsTheMostFrequentWords) {
  EXPECT_THAT(trained_on("b a b c b a", "word", 3).vocabulary().tokens,
              ElementsAre("<unk>", "b", "a"));
}

TEST(Tokenizer, AnUnknownCharacterIsNamedWithItsPlace) {
  const auto tokenizer = trained_on("abc\n", "character");
  EXPECT_THAT([&] { tokenizer.encode("ab\ncaz", "notes.txt"); },
              ThrowsMessage<std::runtime_error>(HasSubstr("notes.txt:2:3: the character \"z\"")));
}

TEST(Tokenizer, LineEndsThatTheVocabularyLacksAreDropped) {
  const auto tokenizer = Tokenizer({.unit = "word", .tokens = {"a", "b"}});
  EXPECT_THAT(tokenizer.encode("a b\n\n b \n", ""), ElementsAre(0, 1, 1));
  EXPECT_THAT([&] { tokenizer.encode("a\n b c", "words"); },
              ThrowsMessage<std::runtime_error>(HasSubstr("words:2:2: the word \"c\"")));
  const auto with_unknown = Tokenizer({.unit = "word", .tokens = {"<unk>", "a"}});
  EXPECT_THAT(with_unknown.encode("a\n", ""), ElementsAre(1, 0));
}

TEST(Tokenizer, AWordCountsTheSpaceAfterItAsACharacter) {
  const auto tokenizer = trained_on("über ab\n", "word");
  EXPECT_EQ(tokenizer.characters(tokenizer.encode("über", "")[0]), 5);
  EXPECT_EQ(tokenizer.characters(tokenizer.encode("\n", "")[0]), 1);
  const auto characters = trained_on("ü", "character");
  EXPECT_EQ(characters.characters(0), 1);
}

TEST(Tokenizer, RefusesADamagedVocabulary) {
  EXPECT_THROW(Tokenizer({.unit = "character", .tokens = {}}), std::runtime_error);
  EXPECT_THROW(Tokenizer({.unit = "character", .tokens = {"a", "a"}}), std::runtime_error);
  EXPECT_THROW(Tokenizer({.unit = "syllable", .tokens = {"a"}}), std::runtime_error);
}

TEST(Tokenizer, OtherTokensInAVocabularyOfBytesStayUnchanged) {
  const Tokenizer bytes({.unit = "byte", .tokens = {"a", "<0xC3>", "<0xZZ>", "<0", "<mask>"}});
  EXPECT_EQ(bytes.decode({0, 1, 2, 3, 4}), "a\xC3<0xZZ><0<mask>");
}

}  // namespace
}  // namespace heed
