#include "src/figures/attention_figure.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "src/figures/gnuplot.h"

namespace heed {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;
using Strings = std::vector<std::string>;

Strings numbered(size_t count) {
  Strings tokens;
  for (size_t i = 0; i < count; ++i) tokens.push_back("t" + std::to_string(i));
  return tokens;
}

// A figure of uniform maps, masked like those of a language model if `causal`.
AttentionFigure figure_of(const Strings& tokens, size_t heads, bool causal) {
  AttentionFigure figure{
      .query_tokens = tokens, .key_tokens = tokens, .heads = {}, .title = "layer 0"};
  const size_t n = tokens.size();
  HeadMap map;
  for (size_t query = 0; query < n; ++query)
    for (size_t key = 0; key < n; ++key) {
      const auto seen = static_cast<float>(causal ? query + 1 : n);
      map.weights.push_back(causal && key > query ? 0 : 1 / seen);
    }
  for (size_t head = 0; head < heads; ++head) {
    map.title = "layer 0, head " + std::to_string(head);
    figure.heads.push_back(map);
  }
  return figure;
}

class AttentionFigureTest : public testing::Test {
 protected:
  AttentionFigureTest() {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = fs::temp_directory_path() /
              (std::string("heed_attention_") + test->name() + "_" + std::to_string(::getpid()));
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~AttentionFigureTest() override { fs::remove_all(folder_); }

  void SetUp() override {
    if (!Gnuplot::available()) GTEST_SKIP() << missing_gnuplot_hint();
  }

  std::string content(const std::string& ending) const {
    std::ifstream in(folder_ / ("figure" + ending), std::ios::binary);
    std::ostringstream bytes;
    bytes << in.rdbuf();
    return bytes.str();
  }

  std::string svg_of(const AttentionFigure& figure) const {
    write_attention_figure(figure, folder_ / "figure");
    return content(".svg");
  }

  // Width and height as the PNG's header gives them.
  std::pair<int, int> png_size() const {
    const auto png = content(".png");
    const auto number = [&png](size_t start) {
      int value = 0;
      for (size_t i = start; i < start + 4; ++i)
        value = value << 8 | static_cast<unsigned char>(png.at(i));
      return value;
    };
    return {number(16), number(20)};
  }

  fs::path folder_;
};

size_t count(const std::string& text, const std::string& part) {
  size_t found = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

// The position of a text in gnuplot's SVG: x to the right, y downwards.
std::pair<double, double> place_of(const std::string& svg, const std::string& text) {
  const auto at = svg.find("<text>" + text + "</text>");
  if (at == std::string::npos) throw std::runtime_error("the SVG has no text " + text);
  std::istringstream place(svg.substr(svg.rfind("translate(", at) + 10));
  std::pair<double, double> xy;
  char comma = 0;
  place >> xy.first >> comma >> xy.second;
  return xy;
}

TEST_F(AttentionFigureTest, NamesAxesHeadsAndTheScale) {
  const auto svg = svg_of(figure_of(numbered(4), 2, true));
  for (const std::string text :
       {"layer 0", "layer 0, head 0", "layer 0, head 1", "attention weight", "query (attends from)",
        "key (attended to)", "0.0", "1.0"})
    EXPECT_EQ(count(svg, "<text>" + text + "</text>"), 1U) << text;
  EXPECT_THAT(content(".png"), testing::StartsWith("\x89PNG"));
}

TEST_F(AttentionFigureTest, HasTheFirstQueryAtTheTopAndTheFirstKeyAtTheLeft) {
  auto figure = figure_of(numbered(3), 1, true);
  figure.key_tokens = {"k0", "k1", "k2"};
  const auto svg = svg_of(figure);
  EXPECT_LT(place_of(svg, "t0").second, place_of(svg, "t1").second);
  EXPECT_LT(place_of(svg, "t1").second, place_of(svg, "t2").second);
  EXPECT_LT(place_of(svg, "k0").first, place_of(svg, "k1").first);
  EXPECT_LT(place_of(svg, "t2").second, place_of(svg, "k0").second) << "keys are below";
}

TEST_F(AttentionFigureTest, LeavesMaskedCellsWhite) {
  const auto all = count(svg_of(figure_of(numbered(5), 1, false)), "<polygon");
  EXPECT_EQ(count(svg_of(figure_of(numbered(5), 1, true)), "<polygon"), all - 10);
  auto none = figure_of(numbered(5), 1, false);
  none.heads[0].weights.assign(25, 0);
  EXPECT_EQ(count(svg_of(none), "<polygon"), all - 25);
  none.heads[0].weights.assign(25, NAN);
  EXPECT_EQ(count(svg_of(none), "<polygon"), all - 25);
}

TEST_F(AttentionFigureTest, IsDarkestAtOne) {
  auto figure = figure_of(numbered(2), 1, false);
  figure.heads[0].weights = {1, 1e-9F, 1e-9F, 1};
  const auto svg = svg_of(figure);
  EXPECT_GE(count(svg, "rgb(  8,  29,  88)"), 2U);
  EXPECT_GE(count(svg, "rgb(247, 251, 203)"), 2U) << "small is not masked";
}

TEST_F(AttentionFigureTest, PutsFourHeadsInARowAtMost) {
  const auto svg = svg_of(figure_of(numbered(4), 8, true));
  const auto head = [&svg](int i) { return place_of(svg, "layer 0, head " + std::to_string(i)); };
  EXPECT_EQ(head(0).second, head(3).second);
  EXPECT_LT(head(0).first, head(3).first);
  EXPECT_LT(head(3).second, head(4).second);
  EXPECT_EQ(head(0).first, head(4).first);
  EXPECT_EQ(count(svg, "<text>t0</text>"), 2U + 8U) << "queries a row, keys a head";
}

TEST_F(AttentionFigureTest, FitsOnAPage) {
  for (const size_t tokens : {4, 12, 16, 24, 30}) {
    write_attention_figure(figure_of(numbered(tokens), 4, true), folder_ / "figure");
    EXPECT_LE(png_size().first, 1600) << tokens << " tokens";
    EXPECT_GE(png_size().first, 900) << tokens << " tokens";
  }
}

TEST_F(AttentionFigureTest, GrowsWithTokensAndHeads) {
  write_attention_figure(figure_of(numbered(10), 1, true), folder_ / "figure");
  const auto small = png_size();
  write_attention_figure(figure_of(numbered(20), 1, true), folder_ / "figure");
  EXPECT_GT(png_size().first, small.first);
  EXPECT_GT(png_size().second, small.second);
  write_attention_figure(figure_of(numbered(10), 8, true), folder_ / "figure");
  EXPECT_GT(png_size().first, small.first);
  EXPECT_GT(png_size().second, small.second);
}

TEST_F(AttentionFigureTest, ShowsTokensAsTheyAre) {
  const Strings odd = {"'",  "\"", "\\", "a_b",  "{}",  "^2",    "@",     "`ls`",
                       "%d", "#",  "$x", "שלום", "<b>", "&amp;", "  the", "\n"};
  const auto svg = svg_of(figure_of(odd, 1, true));
  for (const std::string shown : {"'", "\"", "\\", "a_b", "{}", "^2", "@", "`ls`", "%d", "#", "$x",
                                  "שלום", "&lt;b>", "&amp;amp;", "␣␣the", "⏎"})
    EXPECT_EQ(count(svg, "<text>" + shown + "</text>"), 2U) << shown;
  EXPECT_THAT(svg, Not(HasSubstr("<b>")));
}

TEST_F(AttentionFigureTest, ShortensLongTokensAndTitles) {
  auto figure = figure_of({"a", std::string(100, 'x')}, 1, true);
  figure.heads[0].title = std::string(1000, 'y');
  figure.title = std::string(1000, 'z');
  const auto svg = svg_of(figure);
  EXPECT_THAT(svg, HasSubstr(">xxxxxxxxxxxxxxx…<"));
  EXPECT_THAT(svg, HasSubstr("yyy…<"));
  EXPECT_THAT(svg, HasSubstr("zzz…<"));
  EXPECT_LT(png_size().first, 2000);
}

TEST_F(AttentionFigureTest, WritesOnlySomeOfVeryManyTokens) {
  const auto svg = svg_of(figure_of(Strings(300, "x"), 1, true));
  EXPECT_GE(count(svg, "<text>x</text>"), 2 * 20U);
  EXPECT_LE(count(svg, "<text>x</text>"), 2 * 100U);
  EXPECT_LT(png_size().first, 4000);
}

TEST_F(AttentionFigureTest, DrawsASingleQueryOrKey) {
  AttentionFigure row{.query_tokens = {"q"},
                      .key_tokens = {"a", "b", "c"},
                      .heads = {{.title = "head", .weights = {.2F, .3F, .5F}}},
                      .title = ""};
  EXPECT_THAT(svg_of(row), HasSubstr("<text>q</text>"));
  AttentionFigure column{.query_tokens = {"a", "b"},
                         .key_tokens = {"k"},
                         .heads = {{.title = "head", .weights = {1, 1}}},
                         .title = ""};
  EXPECT_THAT(svg_of(column), HasSubstr("<text>k</text>"));
  EXPECT_THAT(svg_of(figure_of({"one"}, 1, true)), HasSubstr("<text>one</text>"));
}

TEST_F(AttentionFigureTest, RefusesMapsThatDoNotFitTheirTokens) {
  auto figure = figure_of(numbered(3), 2, true);
  figure.heads[1].weights.pop_back();
  try {
    write_attention_figure(figure, folder_ / "figure");
    FAIL() << "it was drawn";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), testing::AllOf(HasSubstr("layer 0, head 1"), HasSubstr("3 x 3"),
                                             HasSubstr("got 8")));
  }
  EXPECT_THROW(write_attention_figure({}, folder_ / "figure"), std::runtime_error);
  EXPECT_THROW(write_attention_figure(figure_of({}, 1, true), folder_ / "figure"),
               std::runtime_error);
}

}  // namespace
}  // namespace heed
