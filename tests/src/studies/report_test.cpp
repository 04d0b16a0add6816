#include "src/studies/report.h"

#include <gmock/gmock.h>

#include "src/console/word_wrap.h"

namespace heed {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

Report example() {
  Report report;
  report.heading("A part");
  report.paragraph("a < b");
  report.matrix("S = Q K^T", at::tensor({1.0, -0.25, 0.0, 100.0}).view({2, 2}), {"x1", "x2"});
  report.answer("Why?", "Because.");
  report.record("third", 1 / 3.0);
  report.record("matrix", at::tensor({0.1, 0.2}, at::kDouble).view({2, 1}));
  return report;
}

TEST(Report, TellsItsBlocksInTheirOrder) {
  EXPECT_EQ(example().to_text(),
            "\nA part\n──────\n"
            "\na < b\n"
            "\nS = Q K^T\n"
            "  x1    1.0000   -0.2500\n"
            "  x2    0.0000  100.0000\n"
            "\nWhy?\n  Because.\n");
}

TEST(Report, AsAPageItsWordsAreNoMarkup) {
  EXPECT_THAT(example().to_html("one-"),
              AllOf(HasSubstr("<h3>A part</h3>"), HasSubstr("a &lt; b"),
                    HasSubstr("<td class=\"number\">-0.2500</td>"), Not(HasSubstr("a < b"))));
}

TEST(Report, KeepsNumbersInFullPrecision) {
  EXPECT_EQ(example().numbers().dump(), R"({"third":0.3333333333333333,"matrix":[[0.1],[0.2]]})");
}

TEST(Report, WithoutAFolderNoFigureIsDrawn) {
  Report report;
  report.figure("name", "caption", [](const std::filesystem::path&) { FAIL(); });
  EXPECT_EQ(report.to_text(), "");
}

TEST(WordWrap, BreaksAtSpacesAndKeepsLineEnds) {
  EXPECT_EQ(word_wrapped("one two three", 7), "one two\nthree\n");
  EXPECT_EQ(word_wrapped("one two", 7, "  "), "  one\n  two\n");
  EXPECT_EQ(word_wrapped("a\nb c", 80), "a\nb c\n");
  EXPECT_EQ(word_wrapped("endless", 3), "endless\n");
  EXPECT_EQ(word_wrapped("ää öö", 5), "ää öö\n");
  EXPECT_EQ(word_wrapped("", 5), "");
}

}  // namespace
}  // namespace heed
