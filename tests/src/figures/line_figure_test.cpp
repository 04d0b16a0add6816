#include "src/figures/line_figure.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <stdexcept>

#include "tests/src/figures/drawn_figure.h"

namespace heed {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::IsSupersetOf;
using testing::Not;
using testing::SizeIs;

class LineFigureTest : public DrawnFigure {
 protected:
  std::string svg_of(const LineFigure& figure) const {
    write_line_figure(figure, stem());
    return content(".svg");
  }
  std::string svg_of(const LinePanel& panel) const { return svg_of(LineFigure{"", {panel}}); }
};

LinePanel losses() {
  return {.x_label = "step",
          .y_label = "nats per token",
          .series = {{.name = "tiny", .points = {{0, 4}, {100, 3}, {200, 2.5}}},
                     {.name = "lstm_2's", .points = {{0, 4}, {100, 3.5}, {200, 3}}}}};
}

TEST_F(LineFigureTest, NamesTitlesAxesAndSeries) {
  auto panel = losses();
  panel.title = "of two models";
  EXPECT_THAT(texts_of(svg_of(LineFigure{"validation loss", {panel}})),
              IsSupersetOf({"validation loss", "of two models", "step", "nats per token", "tiny",
                            "lstm_2's", "0", "100", "200", "3", "4"}));
  EXPECT_THAT(content(".png"), testing::StartsWith("\x89PNG"));
}

TEST_F(LineFigureTest, NamesEveryReferenceLineAndReachesIt) {
  auto panel = losses();
  EXPECT_THAT(svg_of(panel), Not(HasSubstr("entropy bound")));
  panel.references = {{.label = "entropy bound", .y = 1}, {.label = "unigrams", .y = 5}};
  EXPECT_THAT(texts_of(svg_of(panel)), IsSupersetOf({"entropy bound", "unigrams", "1", "5"}));
}

TEST_F(LineFigureTest, MarksAnXThatTheAxisReaches) {
  auto panel = losses();
  panel.marked_x = MarkedX{.label = "training length", .x = 400};
  EXPECT_THAT(texts_of(svg_of(panel)), IsSupersetOf({"training length", "400"}));
}

TEST_F(LineFigureTest, LeavesOutPointsThatAreNotFinite) {
  auto panel = losses();
  panel.series[0].points[1].y = NAN;
  panel.series[1].points[1].y = INFINITY;
  panel.series.push_back({.name = "nothing"});
  const auto svg = svg_of(panel);
  EXPECT_THAT(texts_of(svg), AllOf(Contains("tiny"), Not(Contains("nothing"))));
  EXPECT_THAT(points_of(svg, "gpPt6"), SizeIs(2 + 2 + 2)) << "the legend's are two";
}

TEST_F(LineFigureTest, LeavesOutWhatALogarithmicAxisHasNoPlaceFor) {
  auto panel = losses();
  panel.log_x = true;
  panel.series[0].points.push_back({10000, 2});
  EXPECT_THAT(texts_of(svg_of(panel)), AllOf(Contains("1000"), Not(Contains("0"))));
  panel.log_y = true;
  panel.series[0].points.push_back({10000, 1e-10});
  panel.series[1].points.push_back({10000, 0});
  panel.series[1].points.push_back({20000, -1});
  const auto svg = svg_of(panel);
  EXPECT_THAT(texts_of(svg), IsSupersetOf({"10⁰", "10⁻⁴", "10⁻¹⁰"}));
  EXPECT_THAT(points_of(svg, "gpPt6"), SizeIs(4 + 2 + 2));
}

TEST_F(LineFigureTest, MarksAShortLogarithmicAxisMoreOften) {
  auto panel = losses();
  panel.log_x = true;
  panel.series[0].points = {{30, 2}, {900, 1}};
  EXPECT_THAT(texts_of(svg_of(panel)), IsSupersetOf({"50", "200"}));
  panel.series = {{.name = "shorter", .points = {{800, 2}, {900, 1}}}};
  EXPECT_THAT(texts_of(svg_of(panel)), IsSupersetOf({"800", "900"}));
}

TEST_F(LineFigureTest, DrawsASinglePointOrAConstant) {
  LinePanel panel{.x_label = "step", .y_label = "loss"};
  panel.series.push_back({.name = "a", .points = {{5, 1}}});
  EXPECT_THAT(texts_of(svg_of(panel)), Contains("a"));
  panel.log_x = panel.log_y = true;
  EXPECT_THAT(texts_of(svg_of(panel)), Contains("a"));
  panel.series[0].points.push_back({9, 1});
  EXPECT_THAT(texts_of(svg_of(panel)), Contains("a"));
}

TEST_F(LineFigureTest, ShowsAFixedRangeWhateverTheNumbersAre) {
  auto panel = losses();
  panel.y_range = Span{0, 1};
  EXPECT_THAT(texts_of(svg_of(panel)), AllOf(IsSupersetOf({"0", "0.2", "1"}), Not(Contains("4"))));
}

TEST_F(LineFigureTest, PanelsOfSharesHaveOneRangeAndSayWhereItBegins) {
  auto high = losses(), higher = losses();
  high.shares = higher.shares = true;
  high.y_label = higher.y_label = "agreement";
  high.series = {{.name = "tiny", .points = {{0, .92}, {100, .999}}}};
  higher.series = {{.name = "tiny", .points = {{0, .995}, {100, 1}}}};
  high.references = {{.label = "guessing", .y = .5}};
  EXPECT_THAT(texts_of(svg_of(LineFigure{"", {high, higher}})),
              AllOf(Contains("agreement, axis from 0.9").Times(2), Not(Contains("0.5")),
                    Not(Contains("guessing"))));
  high.series[0].points[0].y = .3;
  EXPECT_THAT(texts_of(svg_of(LineFigure{"", {high, higher}})),
              AllOf(Contains("agreement").Times(2), Contains("guessing"), Contains("0")));
}

TEST_F(LineFigureTest, ListsThinLinesOfOneNameOnceAndInItsColour) {
  auto panel = losses();
  panel.series = {{.name = "seeds",
                   .points = {},
                   .faint = {{{0, 1}, {1, 2}}, {{0, 2}, {1, 3}}, {{0, 3}, {1, 1}}}}};
  const auto svg = svg_of(panel);
  EXPECT_EQ(count_of(">seeds<", svg), 1U);
  EXPECT_EQ(lines_of(svg, "  0, 114, 178"), 3U + 1) << "and the legend's";
}

TEST_F(LineFigureTest, FillsABandFromItsLowToItsHighEnd) {
  LinePanel panel{
      .series = {{.name = "a",
                  .points = {{0, .5}, {1, .5}},
                  .band = {{.x = 0, .low = 0, .high = 1}, {.x = 1, .low = 0, .high = 1}}}}};
  const auto svg = svg_of(panel);
  EXPECT_THAT(svg, HasSubstr("<polygon"));
  EXPECT_THAT(texts_of(svg), IsSupersetOf({"0", "1"}));
}

TEST_F(LineFigureTest, GivesANameOneLegendEntryAndOneColourInAllPanels) {
  auto first = losses(), second = losses();
  std::swap(second.series[0], second.series[1]);
  second.series.push_back({.name = "third", .points = {{0, 1}}});
  const auto svg = svg_of(LineFigure{"", {first, second}});
  for (const std::string name : {"tiny", "lstm_2's", "third"})
    EXPECT_EQ(count_of(">" + name + "<", svg), 1U) << name;
  std::map<std::string, int> marks;
  for (const auto& point : points_of(svg, "gpPt6")) ++marks[point.color];
  EXPECT_EQ(marks, (std::map<std::string, int>{
                       {"0,114,178", 3 + 3 + 1}, {"213,94,0", 3 + 3 + 1}, {"0,158,115", 1 + 1}}));
}

TEST_F(LineFigureTest, KeepsAColourThatIsAskedForFromTheOthers) {
  auto panel = losses();
  panel.series[1].color = 0;
  const auto points = points_of(svg_of(panel), "gpPt6");
  std::map<std::string, int> marks;
  for (const auto& point : points) ++marks[point.color];
  EXPECT_EQ(marks, (std::map<std::string, int>{{"0,114,178", 4}, {"213,94,0", 4}}));
  EXPECT_EQ(points.back().color, "0,114,178") << "the second series is drawn last";
}

TEST_F(LineFigureTest, TellsManySeriesApart) {
  LinePanel panel{.x_label = "step", .y_label = "loss"};
  for (int i = 0; i < 12; ++i)
    panel.series.push_back(
        {.name = "run " + std::to_string(i), .points = {{0, 1. + i}, {1, 0. + i}}});
  const auto svg = svg_of(panel);
  for (int i = 0; i < 12; ++i) EXPECT_THAT(texts_of(svg), Contains("run " + std::to_string(i)));
  EXPECT_THAT(svg, HasSubstr("stroke-dasharray"));
}

TEST_F(LineFigureTest, SaysWhichPanelHasNoData) {
  LinePanel empty{.title = "empty", .references = {{.label = "chance", .y = .5}}};
  empty.series.push_back({.name = "tiny", .points = {{NAN, 1}}});
  const auto texts = texts_of(svg_of(LineFigure{"", {losses(), empty}}));
  EXPECT_THAT(texts, AllOf(IsSupersetOf({"empty", "no data", "tiny"}), Not(Contains("chance"))));
}

TEST_F(LineFigureTest, ShowsHostileNamesAsTheyAre) {
  const std::vector<std::pair<std::string, std::string>> names = {
      {"{a}_b^c @x", "{a}_b^c @x"},
      {"back\\slash\\n", "back\\slash\\n"},
      {"\"quoted\" 'it'", "\"quoted\" 'it'"},
      {"<b>&amp;", "&lt;b>&amp;amp;"},
      {"`date` $x %g", "`date` $x %g"}};
  for (const auto& [name, shown] : names) {
    LinePanel panel{.title = name, .x_label = name, .y_label = name};
    panel.series = {{.name = name, .points = {{0, 1}, {1, 2}}}};
    panel.references = {{.label = name, .y = 0}};
    panel.marked_x = MarkedX{.label = name, .x = 1};
    EXPECT_EQ(count_of(">" + shown + "<", svg_of(LineFigure{name, {panel}})), 7U) << name;
  }
}

TEST_F(LineFigureTest, RefusesAFigureWithoutAPoint) {
  EXPECT_THROW(svg_of(LineFigure{"losses", {}}), std::runtime_error);
  LinePanel panel{.series = {{.name = "a", .points = {{0, 1}, {1, NAN}}}}, .log_x = true};
  try {
    svg_of(LineFigure{"losses", {panel, panel}});
    FAIL() << "it was drawn";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("\"losses\""), HasSubstr("above 0")));
  }
}

}  // namespace
}  // namespace heed
