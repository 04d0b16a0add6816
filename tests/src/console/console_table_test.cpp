#include "src/console/console_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <stdexcept>

namespace heed {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

const TableColumn name{.header = "name"};
const TableColumn loss{.header = "loss", .align = Align::right};

TEST(DisplayWidthTest, CountsColumns) {
  EXPECT_EQ(display_width(""), 0);
  EXPECT_EQ(display_width("loss"), 4);
  EXPECT_EQ(display_width("naïve ±"), 7);
  EXPECT_EQ(display_width("e\u0301"), 1) << "a combining accent";
  EXPECT_EQ(display_width("日本"), 4);
  EXPECT_EQ(display_width("😀"), 2);
  EXPECT_EQ(display_width("שלום"), 4);
}

TEST(ShownCharactersTest, SplitsInvalidUtf8IntoBytes) {
  for (const std::string text : {"\xFF\xFE", "\xC3(", "\xE2\x82", "\xC0\x80", "\xED\xA0\x80",
                                 "\xF4\x90\x80\x80", "\xF0\x80\x80\x80", "\x80"}) {
    const auto characters = shown_characters(text);
    EXPECT_FALSE(characters.front().valid) << testing::PrintToString(text);
    EXPECT_EQ(characters.front().bytes.size(), 1U) << testing::PrintToString(text);
    std::string all;
    for (const auto& character : characters) all += character.bytes;
    EXPECT_EQ(all, text);
  }
  EXPECT_EQ(shown_characters("😀").front().code_point, U'\U0001F600');
}

TEST(ShortenedTest, EndsWithAnEllipsisOnlyIfSomethingIsCut) {
  EXPECT_EQ(shortened("loss", 4), "loss");
  EXPECT_EQ(shortened("losses", 4), "los…");
  EXPECT_EQ(shortened("日本語", 4), "日…") << "half a character is not shown";
  EXPECT_EQ(shortened("abc", 1), "…");
  EXPECT_EQ(shortened("abc", 0), "");
}

TEST(ConsoleTableTest, AlignsColumnsUnderARule) {
  ConsoleTable table({name, loss}, "runs");
  table.add_row({"tiny", "2.3456"});
  table.add_row({"tiny-long", "12.3"});
  EXPECT_EQ(table.to_text(),
            "runs\n"
            "name         loss\n"
            "─────────  ──────\n"
            "tiny       2.3456\n"
            "tiny-long    12.3\n");
}

TEST(ConsoleTableTest, AlignsTextsOfOtherLanguages) {
  ConsoleTable table({name, loss});
  table.add_row({"日本", "1"});
  table.add_row({"naïve", "2"});
  EXPECT_EQ(table.to_text(),
            "name   loss\n"
            "─────  ────\n"
            "日本      1\n"
            "naïve     2\n");
}

TEST(ConsoleTableTest, LeavesNoSpacesAtTheEndsOfLines) {
  ConsoleTable table({loss, name});
  table.add_row({"1", "a long name"});
  table.add_row({"2", ""});
  table.add_row({"3", "b  "});
  for (const auto& line : lines_of(table.to_text())) EXPECT_NE(line.back(), ' ') << line;
}

TEST(ConsoleTableTest, IsHeadersAndARuleWithoutRows) {
  EXPECT_EQ(ConsoleTable({name, loss}).to_text(), "name  loss\n────  ────\n");
}

TEST(ConsoleTableTest, BreaksHeadersAndTextsAtSpacesToFit) {
  ConsoleTable table({name, {.header = "nats per token", .align = Align::right}});
  table.add_row({"a text of seven words and more", "2.3456 ± 0.0001"});
  EXPECT_EQ(table.to_text(36),
            "name                  nats per token\n"
            "───────────────────  ───────────────\n"
            "a text of seven      2.3456 ± 0.0001\n"
            "words and more\n");
}

TEST(ConsoleTableTest, FitsInto80ColumnsIfPossible) {
  std::vector<TableColumn> columns(8, {.header = "a header of words", .align = Align::right});
  ConsoleTable table(columns);
  table.add_row(std::vector<std::string>(8, "12345678"));
  for (const auto& line : lines_of(table.to_text())) EXPECT_LE(display_width(line), 80) << line;
}

TEST(ConsoleTableTest, NeverBreaksWordsOrNumbers) {
  ConsoleTable table({name, loss});
  table.add_row({"indivisible", "1 ± 2"});
  EXPECT_EQ(table.to_text(5),
            "name          loss\n"
            "───────────  ─────\n"
            "indivisible  1 ± 2\n");
}

TEST(ConsoleTableTest, ShowsControlCharactersAsSpaces) {
  ConsoleTable table({name, loss});
  table.add_row({"a\nb\x1b[2J", "\t1"});
  EXPECT_EQ(lines_of(table.to_text()).size(), 3U);
  EXPECT_EQ(table.to_text().find('\x1b'), std::string::npos);
}

TEST(ConsoleTableTest, RefusesRowsOfAnotherLength) {
  ConsoleTable table({name, loss});
  EXPECT_THROW(table.add_row({"a"}), std::runtime_error);
  EXPECT_THROW(table.add_row({"a", "b", "c"}), std::runtime_error);
}

TEST(ConsoleTableTest, QuotesInCsvWhatNeedsIt) {
  ConsoleTable table({name, {.header = "says \"loss\""}}, "a title");
  table.add_row({"plain", "1.5"});
  table.add_row({"a, b", "line\nbreak"});
  table.add_row({" spaced", ""});
  EXPECT_EQ(table.to_csv(),
            "name,\"says \"\"loss\"\"\"\n"
            "plain,1.5\n"
            "\"a, b\",\"line\nbreak\"\n"
            "\" spaced\",\n");
}

TEST(ConsoleTable, BreaksALongNameAfterItsUnderscores) {
  ConsoleTable table({{"model"}, {"loss", Align::right}});
  table.add_row({"gru_encoder_decoder", "1.5"});
  EXPECT_EQ(table.to_text(80).find("gru_encoder_decoder   1.5") != std::string::npos, true);
  const auto narrow = table.to_text(14);
  EXPECT_NE(narrow.find("gru_"), std::string::npos);
  EXPECT_NE(narrow.find("\nencoder_"), std::string::npos);
  EXPECT_EQ(narrow.find("gru_encoder_decoder"), std::string::npos);
}

TEST(ConsoleTable, WrapsALongTitle) {
  const ConsoleTable table({{"a"}}, "one two three four");
  EXPECT_EQ(table.to_text(10), "one two\nthree four\na\n─\n");
}

}  // namespace
}  // namespace heed
