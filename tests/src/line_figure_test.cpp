#include "src/line_figure.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "src/gnuplot.h"

namespace heed {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class LineFigureTest : public testing::Test {
 protected:
  LineFigureTest() {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = fs::temp_directory_path() /
              (std::string("heed_line_") + test->name() + "_" + std::to_string(::getpid()));
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~LineFigureTest() override { fs::remove_all(folder_); }

  void SetUp() override {
    if (!Gnuplot::available()) GTEST_SKIP() << missing_gnuplot_hint();
  }

  std::string content(const std::string& ending) const {
    std::ifstream in(folder_ / ("figure" + ending), std::ios::binary);
    std::ostringstream bytes;
    bytes << in.rdbuf();
    return bytes.str();
  }

  std::string svg_of(const LineFigure& figure) const {
    write_line_figure(figure, folder_ / "figure");
    return content(".svg");
  }

  fs::path folder_;
};

LineFigure losses() {
  return {.title = "validation loss",
          .x_label = "step",
          .y_label = "nats per token",
          .series = {{.name = "tiny", .points = {{0, 4}, {100, 3}, {200, 2.5}}},
                     {.name = "lstm_2's", .points = {{0, 4}, {100, 3.5}, {200, 3}}}}};
}

TEST_F(LineFigureTest, NamesAxesAndSeries) {
  const auto svg = svg_of(losses());
  for (const std::string text : {"validation loss", "step", "nats per token", "tiny", "lstm_2's"})
    EXPECT_THAT(svg, HasSubstr(">" + text + "<"));
  EXPECT_THAT(content(".png"), testing::StartsWith("\x89PNG"));
}

TEST_F(LineFigureTest, NamesTheReferenceLine) {
  auto figure = losses();
  EXPECT_THAT(svg_of(figure), Not(HasSubstr("entropy bound")));
  figure.reference = ReferenceLine{.label = "entropy bound", .y = 1};
  EXPECT_THAT(svg_of(figure), AllOf(HasSubstr(">entropy bound<"), HasSubstr("<text>1</text>")))
      << "the axis reaches down to it";
}

TEST_F(LineFigureTest, LeavesOutPointsThatAreNotFinite) {
  auto figure = losses();
  figure.series[0].points[1].y = NAN;
  figure.series[1].points[1].y = INFINITY;
  figure.series.push_back({.name = "nothing", .points = {}});
  EXPECT_THAT(svg_of(figure), AllOf(HasSubstr(">tiny<"), Not(HasSubstr(">nothing<"))));
}

TEST_F(LineFigureTest, LeavesOutTheStepZeroOnALogarithmicAxis) {
  auto figure = losses();
  figure.log_x = true;
  figure.series[0].points.push_back({10000, 2});
  EXPECT_THAT(svg_of(figure), AllOf(HasSubstr("<text>1000</text>"), Not(HasSubstr("<text>0<"))));
}

TEST_F(LineFigureTest, MarksAShortLogarithmicAxisMoreOften) {
  auto figure = losses();
  figure.log_x = true;
  figure.series[0].points = {{30, 2}, {900, 1}};
  EXPECT_THAT(svg_of(figure), AllOf(HasSubstr("<text>50</text>"), HasSubstr("<text>200</text>")));
  figure.series = {{.name = "shorter", .points = {{800, 2}, {900, 1}}}};
  EXPECT_THAT(svg_of(figure), AllOf(HasSubstr("<text>800</text>"), HasSubstr("<text>900</text>")));
}

TEST_F(LineFigureTest, DrawsASinglePointOrAConstant) {
  LineFigure figure{.title = "", .x_label = "step", .y_label = "loss", .series = {}};
  figure.series.push_back({.name = "a", .points = {{5, 1}}});
  EXPECT_THAT(svg_of(figure), HasSubstr(">a<"));
  figure.log_x = true;
  EXPECT_THAT(svg_of(figure), HasSubstr(">a<"));
  figure.series[0].points.push_back({9, 1});
  EXPECT_THAT(svg_of(figure), HasSubstr(">a<"));
}

TEST_F(LineFigureTest, TellsManySeriesApart) {
  LineFigure figure{.title = "many", .x_label = "step", .y_label = "loss", .series = {}};
  for (int i = 0; i < 12; ++i)
    figure.series.push_back(
        {.name = "run " + std::to_string(i), .points = {{0, 1. + i}, {1, 0. + i}}});
  const auto svg = svg_of(figure);
  for (int i = 0; i < 12; ++i) EXPECT_THAT(svg, HasSubstr(">run " + std::to_string(i) + "<"));
}

TEST_F(LineFigureTest, RefusesAFigureWithoutAPoint) {
  LineFigure figure{.title = "losses", .x_label = "", .y_label = "", .series = {}};
  EXPECT_THROW(svg_of(figure), std::runtime_error);
  figure.series.push_back({.name = "a", .points = {{0, 1}, {1, NAN}}});
  figure.log_x = true;
  try {
    svg_of(figure);
    FAIL() << "it was drawn";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("\"losses\""), HasSubstr("x above 0")));
  }
}

}  // namespace
}  // namespace heed
