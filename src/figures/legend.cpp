#include "src/figures/legend.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "src/figures/text.h"

namespace heed {
namespace {

// Pixels, unless they say otherwise. Of the legend:
constexpr double row_height = 20, sample = 30, sample_gap = 8, column_gap = 28;
constexpr size_t most_columns = 4;

// Of the names of columns:
constexpr size_t most_lines = 3;
constexpr double top_gap = 7, line_height = tick_px + 2;
constexpr double most_slanted = 190;  // width of a slanted name
constexpr double slant = 40;          // degrees
const double cosine = std::cos(slant * std::numbers::pi / 180);
const double sine = std::sin(slant * std::numbers::pi / 180);

// Of the labels of reference lines:
constexpr double line_gap = 9;  // from a line to the middle of its label
constexpr double inset = 3;     // of a label from the plot's edge

bool overlap(const Rectangle& a, const Rectangle& b) {
  return a.left < b.right() && b.left < a.right() && a.top < b.bottom() && b.top < a.bottom();
}

// Whether a mark drawn at the pixel touches the box.
bool holds(const Rectangle& box, const Pixel& pixel) {
  constexpr double radius = 3;
  return pixel.x >= box.left - radius && pixel.x <= box.right() + radius &&
         pixel.y >= box.top - radius && pixel.y <= box.bottom() + radius;
}

// The positions for a label of that width, the best first.
std::vector<Rectangle> label_boxes(double width, double y, const Rectangle& plot) {
  std::vector<Rectangle> boxes;
  const double height = note_px + 3;
  for (const double left :
       {plot.right() - inset - width, plot.left + inset, plot.left + (plot.width - width) / 2})
    for (const double middle : {y - line_gap, y + line_gap})
      boxes.push_back({left, middle - height / 2, width, height});
  return boxes;
}

// The points of the plot that a label in this box would hide; other faults count as many points.
size_t badness(const Rectangle& box, const Rectangle& plot, const std::vector<Rectangle>& taken,
               const std::vector<double>& lines, const std::vector<Pixel>& drawn) {
  constexpr size_t never = 100000, line_hidden = 40;
  size_t count = 0;
  for (const auto& other : taken) count += overlap(box, other) ? never : 0;
  if (box.top < plot.top - note_px || box.bottom() > plot.bottom()) count += never;
  for (const double line : lines) count += line > box.top && line < box.bottom() ? line_hidden : 0;
  return count +
         static_cast<size_t>(std::count_if(
             drawn.begin(), drawn.end(), [&box](const Pixel& pixel) { return holds(box, pixel); }));
}

}  // namespace

Legend::Legend(std::vector<LegendEntry> entries, double width) : entries_(std::move(entries)) {
  std::vector<double> widths;
  for (auto& entry : entries_) {
    entry.name = fitted(drawable(entry.name), tick_px, width - sample - sample_gap);
    widths.push_back(sample + sample_gap + text_width(entry.name, tick_px) + column_gap);
  }
  for (size_t most = most_columns; most > 0; --most) {
    const size_t columns = choose_columns(entries_.size(), most);
    rows_ = (entries_.size() + columns - 1) / columns;
    columns_ = {0};
    for (size_t i = 0; i < widths.size(); i += rows_)
      columns_.push_back(columns_.back() +
                         *std::max_element(widths.begin() + static_cast<std::ptrdiff_t>(i),
                                           widths.begin() + static_cast<std::ptrdiff_t>(std::min(
                                                                i + rows_, widths.size()))));
    if (columns_.back() <= width + column_gap) return;
  }
}

double Legend::height() const { return static_cast<double>(rows_) * row_height; }

std::string Legend::commands(const Canvas& canvas, double left, double top) const {
  std::string text;
  for (size_t i = 0; i < entries_.size(); ++i) {
    const double x = left + columns_[i / rows_];
    const double y = top + (static_cast<double>(i % rows_) + .5) * row_height;
    text += canvas.line(x, y, x + sample, y, entries_[i].line);
    if (entries_[i].marked)
      text += canvas.point(x + sample / 2, y, "pt 7 ps .6 " + entries_[i].line);
    text += canvas.text(entries_[i].name, x + sample + sample_gap, y, tick_px, "left");
  }
  return text;
}

CategoryNames::CategoryNames(const std::vector<std::string>& names, double pitch) {
  for (const auto& name : names) {
    lines_.push_back(wrapped(drawable(name), tick_px, pitch - 4));
    slanted_ =
        slanted_ || lines_.back().size() > most_lines || widest(lines_.back(), tick_px) > pitch - 4;
  }
  if (!slanted_) return;
  lines_.clear();
  for (const auto& name : names) lines_.push_back({fitted(drawable(name), tick_px, most_slanted)});
}

double CategoryNames::height() const {
  double height = 0;
  for (const auto& lines : lines_)
    height = std::max(height, slanted_ ? sine * widest(lines, tick_px) + cosine * line_height
                                       : static_cast<double>(lines.size()) * line_height);
  return top_gap + height;
}

double CategoryNames::overhang() const {
  double overhang = 0;
  if (slanted_)
    for (const auto& lines : lines_)
      overhang = std::max(overhang, cosine * widest(lines, tick_px) + line_height);
  return overhang;
}

std::string CategoryNames::commands(const Rectangle& plot, const Canvas& canvas) const {
  const double pitch = plot.width / static_cast<double>(lines_.size());
  std::string text;
  for (size_t i = 0; i < lines_.size(); ++i) {
    const double x = plot.left + (static_cast<double>(i) + .5) * pitch;
    const double y = plot.bottom() + top_gap + line_height / 2;
    if (slanted_)
      text += canvas.text(lines_[i].front(), x + tick_px / 2., y, tick_px, "right rotate by 40");
    else
      for (size_t line = 0; line < lines_[i].size(); ++line)
        text += canvas.text(lines_[i][line], x, y + static_cast<double>(line) * line_height,
                            tick_px, "center");
  }
  return text;
}

std::string draw_references(const std::vector<ReferenceLine>& references, const Axis& y_axis,
                            const Rectangle& plot, const std::vector<Pixel>& drawn,
                            const Canvas& canvas) {
  std::vector<double> lines;
  for (const auto& reference : references)
    lines.push_back(plot.bottom() - y_axis.share(reference.y) * plot.height);
  std::string text;
  std::vector<Rectangle> taken;
  for (size_t i = 0; i < references.size(); ++i) {
    const double y = lines[i];
    if (!(y >= plot.top - .5 && y <= plot.bottom() + .5)) continue;
    text += canvas.line(plot.left, y, plot.right(), y, "lw 1.5 dt '-' lc rgb '#808080' back");
    const auto label = fitted(drawable(references[i].label), note_px, plot.width - 2 * inset);
    if (label.empty()) continue;
    const auto boxes = label_boxes(text_width(label, note_px), y, plot);
    const auto cost = [&](const Rectangle& box) { return badness(box, plot, taken, lines, drawn); };
    const auto best = *std::min_element(
        boxes.begin(), boxes.end(),
        [&cost](const Rectangle& a, const Rectangle& b) { return cost(a) < cost(b); });
    taken.push_back(best);
    const bool right = best.left > plot.left + plot.width / 2 - best.width / 2 + 1;
    text +=
        canvas.text(label, right ? best.right() : best.left, best.top + best.height / 2, note_px,
                    std::string(right ? "right" : "left") + " textcolor rgb '#505050' front");
  }
  return text;
}

}  // namespace heed
