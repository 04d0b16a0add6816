#include "src/figures/figure_categories.h"

#include <algorithm>
#include <cmath>

#include "src/figures/figure_style.h"
#include "src/figures/figure_text.h"

namespace heed {
namespace {

constexpr size_t most_lines = 3;
constexpr double top_gap = 7, line_height = tick_px + 2;
constexpr double most_slanted = 190;  // pixels of a slanted name
constexpr double slant = 40;          // degrees
const double cosine = std::cos(slant * 3.14159265358979 / 180);
const double sine = std::sin(slant * 3.14159265358979 / 180);

}  // namespace

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

}  // namespace heed
