#include "src/figures/strip_panel.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "src/figures/text.h"

namespace heed {
namespace {

constexpr double padding = .06;
constexpr double never_share = .13;  // of the height of the plot, for infinite values
constexpr size_t most_note_lines = 2;
// Pixels.
constexpr double point_gap = 10, most_bar_gap = 15, tick_half = 6, mark_width = 8;
constexpr double bar_step = 4;  // between the points that stand for a bar
constexpr double note_height = note_px + 3;

// The positions of the points and the bar of a column, in pixels from its middle.
struct Places {
  std::vector<double> points;
  double bar = 0;
};

Places place_points(const StripColumn& column, double pitch) {
  const auto count = static_cast<double>(column.points.size());
  const double bar_gap = std::min(most_bar_gap, pitch / 4);
  const double room = .9 * pitch - mark_width - (column.interval ? bar_gap + tick_half : 0);
  const double gap = count > 1 ? std::clamp(room / (count - 1), 0., point_gap) : 0;
  const double width = gap * std::max(0., count - 1);
  const double shift = column.interval ? -bar_gap / 2 : 0;
  Places places;
  for (double i = 0; i < count; ++i) places.points.push_back(shift - width / 2 + i * gap);
  places.bar = shift + width / 2 + bar_gap;
  return places;
}

std::vector<std::string> note_lines(const std::string& note, double pitch) {
  auto lines = wrapped(drawable(note), note_px, pitch - 2);
  if (lines.size() > most_note_lines) lines.resize(most_note_lines);
  for (auto& line : lines) line = fitted(line, note_px, pitch - 2);
  return lines;
}

}  // namespace

StripPanelScript::StripPanelScript(const StripFigure& figure, const StripPanel& panel)
    : figure_(figure), panel_(panel) {}

bool StripPanelScript::is_drawn(double value) const {
  return !std::isnan(value) && value != -HUGE_VAL && (!panel_.log_y || value > 0);
}

bool StripPanelScript::has_interval(const StripColumn& column) const {
  return column.interval && is_drawn(column.interval->low) && is_drawn(column.interval->center) &&
         is_drawn(column.interval->high);
}

bool StripPanelScript::has_points() const {
  return std::any_of(panel_.columns.begin(), panel_.columns.end(), [this](const auto& column) {
    return std::any_of(column.points.begin(), column.points.end(),
                       [this](double value) { return is_drawn(value); });
  });
}

template <class Visit>
void StripPanelScript::for_each_value(const Visit& visit) const {
  for (const auto& column : panel_.columns) {
    for (const double value : column.points)
      if (is_drawn(value)) visit(value);
    if (has_interval(column))
      for (const double value :
           {column.interval->low, column.interval->center, column.interval->high})
        visit(value);
  }
}

void StripPanelScript::add_shares(Span& shares) const {
  if (panel_.shares)
    for_each_value([&shares](double value) {
      if (std::isfinite(value)) shares.add(value);
    });
}

void StripPanelScript::make_y_axis(double height, const Span& share_range) {
  share_range_ = share_range;
  Span span;
  for_each_value([&](double value) {
    has_never_ = has_never_ || std::isinf(value);
    if (std::isfinite(value)) span.add(value);
  });
  const bool all_never = span.empty() && has_never_;
  if (!span.empty())
    for (const auto& reference : panel_.references)
      if (std::isfinite(reference.y)) span.add(reference.y);
  y_axis_ =
      make_axis(panel_.shares ? share_range : panel_.y_range.value_or(span),
                {.log = panel_.log_y, .padding = padding, .pixels = height, .vertical = true});
  if (!has_never_) return;
  if (all_never && !panel_.y_range) y_axis_.ticks.clear();
  y_axis_.high = y_axis_.value(1 / (1 - never_share));
  y_axis_.ticks.push_back({level(HUGE_VAL), fitted(drawable(figure_.never), tick_px, 140)});
}

PanelTexts StripPanelScript::texts() const {
  return {panel_.title, "",
          panel_.shares ? share_label(panel_.y_label, share_range_) : panel_.y_label};
}

// Infinite values are drawn near the top.
double StripPanelScript::level(double value) const {
  return std::isinf(value) ? y_axis_.value(1 - never_share / 2) : value;
}

Margins StripPanelScript::margins(double pitch) const {
  auto around = heed::margins(texts(), y_axis_);
  size_t lines = 0;
  for (const auto& column : panel_.columns)
    if (!column.note.empty()) lines = std::max(lines, note_lines(column.note, pitch).size());
  around.above += static_cast<double>(lines) * note_height;
  return around;
}

Pixel StripPanelScript::pixel(const Rectangle& plot, size_t column, double place,
                              double value) const {
  const double pitch = plot.width / static_cast<double>(figure_.categories.size());
  return {plot.left + (static_cast<double>(column) + .5) * pitch + place,
          plot.bottom() - y_axis_.share(level(value)) * plot.height};
}

std::vector<Pixel> StripPanelScript::drawn_pixels(const Rectangle& plot) const {
  std::vector<Pixel> pixels;
  for (size_t i = 0; i < panel_.columns.size(); ++i) {
    const auto& column = panel_.columns[i];
    const auto places =
        place_points(column, plot.width / static_cast<double>(figure_.categories.size()));
    for (size_t j = 0; j < column.points.size(); ++j)
      if (is_drawn(column.points[j]))
        pixels.push_back(pixel(plot, i, places.points[j], column.points[j]));
    if (!has_interval(column)) continue;
    const auto low = pixel(plot, i, places.bar, column.interval->low),
               high = pixel(plot, i, places.bar, column.interval->high);
    for (double y = high.y; y < low.y; y += bar_step) pixels.push_back({low.x, y});
  }
  return pixels;
}

std::string StripPanelScript::column(size_t index, const Rectangle& plot,
                                     const Canvas& canvas) const {
  const auto& column = panel_.columns[index];
  const auto places =
      place_points(column, plot.width / static_cast<double>(figure_.categories.size()));
  const auto color = fmt::format(
      "lc rgb '{}' front", series_color(figure_.colors.empty() ? index : figure_.colors[index]));
  const auto inside = [&plot](const Pixel& at) {
    return at.y > plot.top - 1 && at.y < plot.bottom() + 1;
  };
  std::string text;
  if (has_interval(column)) {
    const auto low = pixel(plot, index, places.bar, column.interval->low),
               center = pixel(plot, index, places.bar, column.interval->center),
               high = pixel(plot, index, places.bar, column.interval->high);
    text += canvas.line(low.x, low.y, high.x, high.y, "lw 3 " + color) +
            canvas.line(center.x - tick_half, center.y, center.x + tick_half, center.y,
                        "lw 3 " + color);
  }
  for (size_t i = 0; i < column.points.size(); ++i) {
    const double value = column.points[i];
    const auto at = pixel(plot, index, places.points[i], value);
    if (is_drawn(value) && inside(at))
      text += canvas.point(at.x, at.y,
                           (std::isinf(value) ? "pt 6 ps .8 lw 1.5 " : "pt 7 ps .8 ") + color);
  }
  return text;
}

std::string StripPanelScript::notes(const Rectangle& plot, const Canvas& canvas) const {
  const double pitch = plot.width / static_cast<double>(figure_.categories.size());
  std::string text;
  for (size_t i = 0; i < panel_.columns.size(); ++i) {
    if (panel_.columns[i].note.empty()) continue;
    const auto lines = note_lines(panel_.columns[i].note, pitch);
    for (size_t line = 0; line < lines.size(); ++line)
      text +=
          canvas.text(lines[line], plot.left + (static_cast<double>(i) + .5) * pitch,
                      plot.top - 3 - note_height * (static_cast<double>(lines.size() - line) - .5),
                      note_px, "center");
  }
  return text;
}

std::string StripPanelScript::never_line(const Rectangle& plot, const Canvas& canvas) const {
  const double y = plot.top + never_share * plot.height;
  return has_never_ ? canvas.line(plot.left, y, plot.right(), y, "lw .8 lc rgb '#606060' back")
                    : "";
}

std::string StripPanelScript::commands(const Rectangle& plot, const Margins& around,
                                       const CategoryNames& names, const Canvas& canvas) const {
  const double pitch = plot.width / static_cast<double>(figure_.categories.size());
  auto text = canvas.plot_at(plot) + axis_commands('y', y_axis_) +
              fmt::format("unset xtics\nset xrange [-.5:{}-.5]\n", figure_.categories.size()) +
              canvas.captions(texts(), plot, around, margins(pitch).left) +
              names.commands(plot, canvas);
  if (!has_points()) return text + canvas.empty_plot(plot) + end_of_panel();
  text += notes(plot, canvas) + never_line(plot, canvas) +
          draw_references(panel_.references, y_axis_, plot, drawn_pixels(plot), canvas);
  for (size_t i = 0; i < panel_.columns.size(); ++i) text += column(i, plot, canvas);
  return text + "plot NaN notitle\n" + end_of_panel();
}

}  // namespace heed
