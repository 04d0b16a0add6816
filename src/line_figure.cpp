#include "src/line_figure.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "src/console_table.h"
#include "src/gnuplot.h"

namespace heed {
namespace {

constexpr int max_name_width = 32;
constexpr size_t max_marked_points = 24;  // a longer series is a line without marks
// Pixels.
constexpr int width = 720, plot_height = 400;
constexpr int name_height = 20;             // of a line of names below the plot
constexpr int axis_room = 62, margin = 34;  // below the plot without names, and to its right

// Okabe and Ito's colours, without yellow, which is hard to see on white.
constexpr std::array<const char*, 7> colors = {"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                               "#e69f00", "#56b4e9", "#000000"};
constexpr std::array<const char*, 4> dashes = {"solid", "'-'", "'.'", "'-.'"};

struct Span {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  void add(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
};

bool drawn(const LineFigure& figure, const LinePoint& point) {
  return std::isfinite(point.x) && std::isfinite(point.y) && (!figure.log_x || point.x > 0);
}

Span x_span(const LineFigure& figure) {
  Span span;
  for (const auto& series : figure.series)
    for (const auto& point : series.points)
      if (drawn(figure, point)) span.add(point.x);
  if (span.low > span.high)
    throw std::runtime_error(
        fmt::format("the figure \"{}\" has no point that can be drawn: expected finite numbers{}",
                    figure.title, figure.log_x ? " and, on a logarithmic axis, x above 0" : ""));
  // A single x would leave no width.
  if (span.low == span.high) {
    span.low -= .5;
    span.high += .5;
  }
  return span;
}

std::string data_of(const LineFigure& figure, const Span& span) {
  std::string data;
  for (size_t i = 0; i < figure.series.size(); ++i) {
    data += fmt::format("$series{} << END\n", i);
    // A line of blanks interrupts a curve.
    for (const auto& point : figure.series[i].points)
      data += drawn(figure, point) ? fmt::format("{} {}\n", point.x, point.y) : "\n";
    data += "END\n";
  }
  if (figure.reference)
    data += fmt::format("$reference << END\n{0} {2}\n{1} {2}\nEND\n", span.low, span.high,
                        figure.reference->y);
  return data;
}

std::string name_of(const std::string& name) { return quote(shortened(name, max_name_width)); }

std::string plot_command(const LineFigure& figure) {
  std::string plots;
  if (figure.reference)
    plots += fmt::format(", $reference with lines lw 1.5 dt '-' lc rgb '#808080' title {}",
                         name_of(figure.reference->label));
  for (size_t i = 0; i < figure.series.size(); ++i) {
    const auto& points = figure.series[i].points;
    if (std::none_of(points.begin(), points.end(),
                     [&figure](const auto& point) { return drawn(figure, point); }))
      continue;
    plots += fmt::format(", $series{} with {} lw 2 pt 7 ps .6 dt {} lc rgb '{}' title {}", i,
                         points.size() <= max_marked_points ? "linespoints" : "lines",
                         dashes[i / colors.size() % dashes.size()], colors[i % colors.size()],
                         name_of(figure.series[i].name));
  }
  return "plot " + plots.substr(2) + "\n";
}

// gnuplot marks powers of ten only, which are too few on a short axis.
std::string log_axis(const Span& span) {
  std::string ticks;
  for (double power = std::pow(10, std::floor(std::log10(span.low))); power < span.high;
       power *= 10)
    for (const int factor : {2, 5})
      ticks +=
          fmt::format("{}\"{:g}\" {}", ticks.empty() ? "" : ", ", factor * power, factor * power);
  const bool is_short = span.high < 200 * span.low;
  return "set logscale x\n" + (is_short ? "set xtics add (" + ticks + ")\n" : "");
}

// The names in two columns below the plot. By hand, since gnuplot's own place for them is too near
// to the axis's label.
int name_rows(const LineFigure& figure) {
  return static_cast<int>(figure.series.size() + (figure.reference ? 1 : 0) + 1) / 2;
}

std::string commands_of(const LineFigure& figure, const Span& span, FigureSize size) {
  const double names = name_rows(figure) * name_height + margin / 2.;
  return fmt::format(
      "set title {} font ',16'\nset xlabel {} font ',13'\nset ylabel {} font ',13'\n"
      "set border 3 lw .8 lc rgb '#606060'\nset grid lw .5 lt 1 lc rgb '#d8d8d8'\n"
      "set tics out nomirror scale .5 font ',12' textcolor rgb 'black'\nset format '%g'\n"
      "set rmargin at screen {}\nset bmargin at screen {}\n"
      "set key at screen .1,{} left top vertical Left reverse maxrows {} font ',12' samplen 2.5\n"
      "set offsets graph 0, graph 0, graph .04, graph .04\n{}set xrange [{}:{}]\n{}",
      quote(shortened(figure.title, 64)), quote(figure.x_label), quote(figure.y_label),
      1 - static_cast<double>(margin) / size.width, (names + axis_room) / size.height,
      names / size.height, name_rows(figure),
      figure.log_x && span.high > 5 * span.low ? log_axis(span) : "", span.low, span.high,
      plot_command(figure));
}

}  // namespace

void write_line_figure(const LineFigure& figure, const std::filesystem::path& stem) {
  const auto span = x_span(figure);
  const FigureSize size{.width = width,
                        .height = plot_height + axis_room + name_rows(figure) * name_height};
  write_figure(stem, size, data_of(figure, span), commands_of(figure, span, size));
}

}  // namespace heed
