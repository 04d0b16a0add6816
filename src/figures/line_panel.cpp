#include "src/figures/line_panel.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "src/figures/text.h"

namespace heed {
namespace {

constexpr size_t max_marked_points = 24;  // the points of a longer series are not marked
constexpr double y_padding = .04;
constexpr double pixels_between = 4;  // of the points that stand for a curve

bool is_drawn(const LinePanel& panel, double x, double y) {
  return std::isfinite(x) && std::isfinite(y) && (!panel.log_x || x > 0) && (!panel.log_y || y > 0);
}

// A band needs its upper end only: on a logarithmic axis it may reach down to the bottom.
bool is_drawn(const LinePanel& panel, const BandPoint& point) {
  return is_drawn(panel, point.x, point.high) && std::isfinite(point.low);
}

template <class Visit>
void for_each_point(const LinePanel& panel, const LineSeries& series, const Visit& visit) {
  const auto add = [&](const LinePoint& point) {
    if (is_drawn(panel, point.x, point.y)) visit(point.x, point.y);
  };
  std::for_each(series.points.begin(), series.points.end(), add);
  for (const auto& line : series.faint) std::for_each(line.begin(), line.end(), add);
  for (const auto& point : series.band)
    if (is_drawn(panel, point)) {
      visit(point.x, point.high);
      if (is_drawn(panel, point.x, point.low)) visit(point.x, point.low);
    }
}

// The points of a straight piece of a curve, without its first.
void add_between(const Pixel& from, const Pixel& to, std::vector<Pixel>& pixels) {
  const double length = std::hypot(to.x - from.x, to.y - from.y);
  const int count = std::clamp(static_cast<int>(length / pixels_between), 1, 1000);
  for (int i = 1; i <= count; ++i)
    pixels.push_back({from.x + (to.x - from.x) * i / count, from.y + (to.y - from.y) * i / count});
}

}  // namespace

std::string LineStyle::line(double width) const {
  return fmt::format("lw {} dt {} lc rgb '{}'", width, series_dash(dash), series_color(color));
}

bool has_points(const LinePanel& panel, const LineSeries& series) {
  bool any = false;
  for_each_point(panel, series, [&any](double, double) { any = true; });
  return any;
}

bool has_points(const LinePanel& panel) {
  return std::any_of(panel.series.begin(), panel.series.end(),
                     [&panel](const auto& series) { return has_points(panel, series); });
}

bool is_marked(const LineSeries& series) {
  return !series.points.empty() && series.points.size() <= max_marked_points;
}

LinePanelScript::LinePanelScript(const LinePanel& panel, size_t number)
    : panel_(panel), number_(number) {}

Span LinePanelScript::values() const {
  Span span;
  for (const auto& series : panel_.series)
    for_each_point(panel_, series, [&span](double, double y) { span.add(y); });
  return span;
}

void LinePanelScript::add_shares(Span& shares) const {
  const auto span = values();
  if (!panel_.shares || span.empty()) return;
  shares.add(span.low);
  shares.add(span.high);
}

void LinePanelScript::make_y_axis(double height, const Span& share_range) {
  share_range_ = share_range;
  auto span = values();
  if (!span.empty())
    for (const auto& reference : panel_.references)
      if (is_drawn(panel_, 1, reference.y)) span.add(reference.y);
  y_axis_ =
      make_axis(panel_.shares ? share_range : panel_.y_range.value_or(span),
                {.log = panel_.log_y, .padding = y_padding, .pixels = height, .vertical = true});
}

void LinePanelScript::make_x_axis(double width) {
  Span span;
  for (const auto& series : panel_.series)
    for_each_point(panel_, series, [&span](double x, double) { span.add(x); });
  if (!span.empty() && panel_.marked_x && is_drawn(panel_, panel_.marked_x->x, 1))
    span.add(panel_.marked_x->x);
  x_axis_ = make_axis(span, {.log = panel_.log_x, .pixels = width});
}

Margins LinePanelScript::margins() const {
  auto around = heed::margins(texts(), y_axis_);
  if (panel_.marked_x) around.above += note_px + 3;
  return around;
}

std::string LinePanelScript::block(char kind, size_t series, size_t index) const {
  return fmt::format("${}{}_{}_{}", kind, number_, series, index);
}

// A line of blanks interrupts a curve.
std::string LinePanelScript::lines_data(const std::vector<LinePoint>& points) const {
  std::string data = " << END\n";
  for (const auto& point : points)
    data += is_drawn(panel_, point.x, point.y) ? fmt::format("{} {}\n", point.x, point.y) : "\n";
  return data + "END\n";
}

std::string LinePanelScript::band_data(const std::vector<BandPoint>& band) const {
  std::string data = " << END\n";
  for (const auto& point : band) {
    const double low = is_drawn(panel_, point.x, point.low) ? point.low : y_axis_.low;
    data += is_drawn(panel_, point) ? fmt::format("{} {} {}\n", point.x, low, point.high) : "\n";
  }
  return data + "END\n";
}

std::string LinePanelScript::data() const {
  std::string data;
  for (size_t i = 0; i < panel_.series.size(); ++i) {
    const auto& series = panel_.series[i];
    data += block('s', i) + lines_data(series.points) + block('b', i) + band_data(series.band);
    for (size_t j = 0; j < series.faint.size(); ++j)
      data += block('f', i, j) + lines_data(series.faint[j]);
  }
  return data;
}

// Bands below thin lines below curves.
std::string LinePanelScript::plots(const LineStyles& styles) const {
  std::string bands, faint, lines;
  for (size_t i = 0; i < panel_.series.size(); ++i) {
    const auto& series = panel_.series[i];
    if (!has_points(panel_, series)) continue;
    const auto& style = styles.at(series.name);
    const auto any = [this](const std::vector<LinePoint>& points) {
      return std::any_of(points.begin(), points.end(), [this](const LinePoint& point) {
        return is_drawn(panel_, point.x, point.y);
      });
    };
    const auto color = series_color(style.color);
    if (std::any_of(series.band.begin(), series.band.end(),
                    [this](const BandPoint& point) { return is_drawn(panel_, point); }))
      bands += fmt::format(", {} with filledcurves fc rgb '{}' fs solid noborder notitle",
                           block('b', i), transparent(color, 0xC8));
    for (size_t j = 0; j < series.faint.size(); ++j)
      if (any(series.faint[j]))
        faint += fmt::format(", {} with lines lw {} dt {} lc rgb '{}' notitle", block('f', i, j),
                             series.points.empty() ? 1.2 : .8, series_dash(style.dash),
                             transparent(color, series.points.empty() ? 0x30 : 0x70));
    if (any(series.points))
      lines += fmt::format(", {} with {} pt 7 ps .6 {} notitle", block('s', i),
                           is_marked(series) ? "linespoints" : "lines", style.line(2));
  }
  return "plot " + (bands + faint + lines).substr(2) + "\n";
}

std::vector<Pixel> LinePanelScript::drawn_pixels(const Rectangle& plot) const {
  std::vector<Pixel> pixels;
  const auto add_line = [&](const std::vector<LinePoint>& points) {
    Pixel last;
    bool connected = false;
    for (const auto& point : points) {
      const bool drawn = is_drawn(panel_, point.x, point.y);
      if (drawn) {
        const Pixel here{plot.left + x_axis_.share(point.x) * plot.width,
                         plot.bottom() - y_axis_.share(point.y) * plot.height};
        add_between(connected ? last : here, here, pixels);
        last = here;
      }
      connected = drawn;
    }
  };
  for (const auto& series : panel_.series) {
    add_line(series.points);
    for (const auto& line : series.faint) add_line(line);
  }
  return pixels;
}

PanelTexts LinePanelScript::texts() const {
  return {panel_.title, panel_.x_label,
          panel_.shares ? share_label(panel_.y_label, share_range_) : panel_.y_label};
}

std::string LinePanelScript::mark(const Rectangle& plot, const Canvas& canvas) const {
  if (!panel_.marked_x || !is_drawn(panel_, panel_.marked_x->x, 1)) return "";
  const double x = plot.left + x_axis_.share(panel_.marked_x->x) * plot.width;
  const auto label = fitted(drawable(panel_.marked_x->label), note_px, plot.width);
  const double half = text_width(label, note_px) / 2.;
  return canvas.line(x, plot.top - 2, x, plot.bottom(), "lw 1.5 dt '.' lc rgb '#808080' back") +
         canvas.text(label, std::clamp(x, plot.left + half, plot.right() - half),
                     plot.top - 4 - note_px / 2., note_px, "center textcolor rgb '#505050'");
}

std::string LinePanelScript::commands(const Rectangle& plot, const Margins& around,
                                      const Canvas& canvas, const LineStyles& styles) const {
  auto text = canvas.plot_at(plot) + axis_commands('x', x_axis_) + axis_commands('y', y_axis_) +
              canvas.captions(texts(), plot, around, margins().left);
  if (!has_points(panel_)) return text + canvas.empty_plot(plot) + end_of_panel();
  text += draw_references(panel_.references, y_axis_, plot, drawn_pixels(plot), canvas);
  return text + mark(plot, canvas) + plots(styles) + end_of_panel();
}

}  // namespace heed
