#include "src/figures/strip_figure.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>

#include "tests/src/figures/drawn_figure.h"

namespace heed {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsSupersetOf;
using testing::Not;
using testing::SizeIs;

constexpr auto filled = "gpPt6", open = "gpPt5";

class StripFigureTest : public DrawnFigure {
 protected:
  std::string svg_of(const StripFigure& figure) const {
    write_strip_figure(figure, stem());
    return content(".svg");
  }
};

StripFigure accuracies() {
  return {.title = "outcomes",
          .categories = {"wide", "deep"},
          .panels = {{.title = "on test",
                      .y_label = "accuracy",
                      .columns = {{.points = {.5, 1, .75}, .note = "1/3 solved"},
                                  {.points = {.25, 1}, .note = "1/2 solved"}},
                      .references = {{.label = "chance", .y = .125}}}}};
}

TEST_F(StripFigureTest, NamesTitlesCategoriesNotesAndReferences) {
  EXPECT_THAT(texts_of(svg_of(accuracies())),
              IsSupersetOf({"outcomes", "on test", "accuracy", "wide", "deep", "1/3 solved",
                            "1/2 solved", "chance", "0.5", "1"}));
  EXPECT_THAT(content(".png"), testing::StartsWith("\x89PNG"));
}

TEST_F(StripFigureTest, DrawsEveryPointEvenlySpacedAtItsHeightInItsCategorysColour) {
  const auto points = points_of(svg_of(accuracies()), filled);
  ASSERT_THAT(points, SizeIs(5));
  EXPECT_NEAR(points[1].x - points[0].x, points[2].x - points[1].x, .02);
  EXPECT_GT(points[1].x, points[0].x);
  EXPECT_NEAR(points[0].y - points[1].y, 2 * (points[2].y - points[1].y), .05);
  EXPECT_GT(points[0].y, points[2].y) << "0.5 is below 0.75";
  EXPECT_NEAR(points[1].y, points[4].y, .02) << "both are 1";
  EXPECT_EQ(points[0].color, "0,114,178");
  EXPECT_EQ(points[3].color, "213,94,0");
}

TEST_F(StripFigureTest, TakesTheColoursThatAreAskedFor) {
  auto figure = accuracies();
  figure.colors = {2, 0};
  const auto points = points_of(svg_of(figure), filled);
  EXPECT_EQ(points.front().color, "0,158,115");
  EXPECT_EQ(points.back().color, "0,114,178");
}

TEST_F(StripFigureTest, DrawsWhatNeverHappenedAsOpenMarksAboveTheOthers) {
  auto figure = accuracies();
  EXPECT_THAT(texts_of(svg_of(figure)), Not(Contains("never")));
  figure.panels[0].columns[0].points = {100, HUGE_VAL, 30000};
  figure.panels[0].columns[1].points = {HUGE_VAL};
  figure.panels[0].log_y = true;
  const auto svg = svg_of(figure);
  const auto never = points_of(svg, open), happened = points_of(svg, filled);
  EXPECT_THAT(texts_of(svg), Contains("never"));
  ASSERT_THAT(never, SizeIs(2));
  ASSERT_THAT(happened, SizeIs(2));
  EXPECT_NEAR(never[0].y, never[1].y, .02);
  EXPECT_LT(never[0].y, happened[1].y - 10);
  EXPECT_GT(never[0].x, happened[0].x);
  EXPECT_LT(never[0].x, happened[1].x) << "a seed keeps its place";
}

TEST_F(StripFigureTest, DrawsAPanelInWhichNothingHappened) {
  auto figure = accuracies();
  figure.panels[0].columns = {{.points = {HUGE_VAL, HUGE_VAL}}};
  figure.never = "not solved";
  const auto svg = svg_of(figure);
  EXPECT_THAT(points_of(svg, open), SizeIs(2));
  EXPECT_THAT(texts_of(svg), Contains("not solved"));
}

TEST_F(StripFigureTest, DrawsTheIntervalBesideThePoints) {
  auto figure = accuracies();
  const auto lines = [&] { return lines_of(svg_of(figure), "  0, 114, 178"); };
  const auto before = lines();
  figure.panels[0].columns[0].interval = StripInterval{.low = .5, .center = .8, .high = 3};
  EXPECT_EQ(lines(), before + 2) << "a bar and its tick";
  EXPECT_THAT(texts_of(content(".svg")), Contains("3")) << "the axis reaches its end";
  figure.panels[0].columns[0].interval = StripInterval{.low = 1, .center = 2, .high = HUGE_VAL};
  EXPECT_EQ(lines(), before + 2);
  EXPECT_THAT(texts_of(content(".svg")), Contains("never"));
}

TEST_F(StripFigureTest, LeavesOutWhatIsNotKnownOrHasNoLogarithm) {
  auto figure = accuracies();
  figure.panels[0].columns[0].points = {NAN, 1, -HUGE_VAL};
  figure.panels[0].columns[1].points = {1e-10, 0, -1};
  figure.panels[0].log_y = true;
  const auto svg = svg_of(figure);
  EXPECT_THAT(points_of(svg, filled), SizeIs(2));
  EXPECT_THAT(texts_of(svg), Contains("10⁻¹⁰"));
}

TEST_F(StripFigureTest, SaysWhichPanelHasNoData) {
  auto figure = accuracies();
  figure.panels.push_back({.title = "steps", .columns = {{.points = {NAN}}}});
  EXPECT_THAT(texts_of(svg_of(figure)), IsSupersetOf({"on test", "steps", "no data"}));
}

TEST_F(StripFigureTest, ShowsHostileNamesAsTheyAre) {
  auto figure = accuracies();
  const std::string name = "<b>&\"'{a}_^@\\n$x`%g", shown = "&lt;b>&amp;\"'{a}_^@\\n$x`%g";
  figure.title = figure.panels[0].title = figure.panels[0].y_label = figure.categories[0] = name;
  figure.panels[0].references[0].label = name;
  EXPECT_EQ(count_of(">" + shown + "<", svg_of(figure)), 5U);
}

TEST_F(StripFigureTest, ShortensLongNamesOfManyCategoriesInsteadOfFailing) {
  StripFigure figure{.title = std::string(300, 'm'), .categories = {}, .panels = {{}, {}, {}}};
  for (int i = 0; i < 20; ++i) {
    figure.categories.push_back("model " + std::to_string(i) + std::string(100, 'x'));
    auto& column = figure.panels[0].columns.emplace_back();
    column.points.assign(30, i);
    column.note = std::string(50, 'n');
  }
  const auto svg = svg_of(figure);
  EXPECT_THAT(points_of(svg, filled), SizeIs(600));
  EXPECT_THAT(svg, HasSubstr(">model 19"));
}

TEST_F(StripFigureTest, RefusesWhatDoesNotFitTogether) {
  auto figure = accuracies();
  figure.categories.pop_back();
  EXPECT_THROW(svg_of(figure), std::runtime_error);
  figure = accuracies();
  figure.colors = {1};
  EXPECT_THROW(svg_of(figure), std::runtime_error);
  figure = accuracies();
  figure.panels[0].columns = {};
  EXPECT_THROW(svg_of(figure), std::runtime_error);
}

}  // namespace
}  // namespace heed
