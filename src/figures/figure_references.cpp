#include "src/figures/figure_references.h"

#include <algorithm>

#include "src/figures/figure_style.h"
#include "src/figures/figure_text.h"

namespace heed {
namespace {

constexpr double line_gap = 9;  // from a line to the middle of its label
constexpr double inset = 3;     // of a label from the plot's edge

bool overlap(const Rectangle& a, const Rectangle& b) {
  return a.left < b.right() && b.left < a.right() && a.top < b.bottom() && b.top < a.bottom();
}

// Whether something drawn there, about as wide as a mark, touches the box.
bool holds(const Rectangle& box, const Pixel& pixel) {
  constexpr double radius = 3;
  return pixel.x >= box.left - radius && pixel.x <= box.right() + radius &&
         pixel.y >= box.top - radius && pixel.y <= box.bottom() + radius;
}

// Where a label of that width may stand, the best place first.
std::vector<Rectangle> places(double width, double y, const Rectangle& plot) {
  std::vector<Rectangle> boxes;
  const double height = note_px + 3;
  for (const double left :
       {plot.right() - inset - width, plot.left + inset, plot.left + (plot.width - width) / 2})
    for (const double middle : {y - line_gap, y + line_gap})
      boxes.push_back({left, middle - height / 2, width, height});
  return boxes;
}

// How bad a place is, counted in points hidden.
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
    const auto boxes = places(text_width(label, note_px), y, plot);
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
