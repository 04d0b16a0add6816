#include "src/figures/text.h"

#include <gmock/gmock.h>

namespace heed {
namespace {

using testing::ElementsAre;

TEST(VisibleTokenTest, ShowsSpacesAtTheEnds) {
  EXPECT_EQ(visible_token("the"), "the");
  EXPECT_EQ(visible_token(" "), "␣");
  EXPECT_EQ(visible_token("  "), "␣␣");
  EXPECT_EQ(visible_token(" the"), "␣the");
  EXPECT_EQ(visible_token("a b "), "a b␣");
  EXPECT_EQ(visible_token(""), "∅");
}

TEST(VisibleTokenTest, ShowsWhatCannotBeSeen) {
  EXPECT_EQ(visible_token("\n"), "⏎");
  EXPECT_EQ(visible_token("a\tb\r"), "a⇥b\\x0D");
  EXPECT_EQ(visible_token(std::string(1, '\0')), "\\x00");
  EXPECT_EQ(visible_token("\xE2\x82"), "\\xE2\\x82") << "a part of a character";
  EXPECT_EQ(visible_token("\u202Ex\u00A0"), "U+202ExU+00A0");
  EXPECT_EQ(visible_token("שלום 😀"), "שלום 😀");
}

TEST(DrawableTest, WritesTheCodeOfACharacterThatNoFontHas) {
  EXPECT_EQ(drawable("a_ü"), "a_ü");
  EXPECT_EQ(drawable("a\U0010FFFDb"), "aU+10FFFDb");
}

TEST(QuoteTest, LeavesNothingForGnuplotToInterpret) {
  EXPECT_EQ(quote("the"), "\"the\"");
  EXPECT_EQ(quote("say \"a\\b\""), "\"say \\\"a\\\\b\\\"\"");
  EXPECT_EQ(quote("`ls`0"), "\"\\140ls\\1400\"") << "gnuplot runs text between backticks";
  EXPECT_EQ(quote("it's {a}_b^2 @x $y #z %d"), "\"it's {a}_b^2 @x $y #z %d\"");
  EXPECT_EQ(quote("a\nb"), "\"a⏎b\"");
  EXPECT_EQ(quote_tick("100 %"), "\"100 %%\"");
}

TEST(FigureText, BreaksNamesAtSpacesAndAfterMarks) {
  EXPECT_THAT(wrapped("encoder_decoder", 12, 80), ElementsAre("encoder_", "decoder"));
  EXPECT_THAT(wrapped("3/3 solved", 11, 1000), ElementsAre("3/3 solved"));
  EXPECT_THAT(wrapped("3/3 solved", 11, 60), ElementsAre("3/3", "solved"));
  EXPECT_THAT(wrapped("", 11, 60), ElementsAre(""));
}

TEST(FigureText, ShortensToTheRoomThereIs) {
  EXPECT_EQ(fitted("short", 12, 100), "short");
  const auto text = fitted(std::string(100, 'm'), 12, 100);
  EXPECT_LE(text_width(text, 12), 100);
  EXPECT_THAT(text, testing::EndsWith("…"));
}

}  // namespace
}  // namespace heed
