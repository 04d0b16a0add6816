#include "src/figures/figure_legend.h"

#include <algorithm>

#include "src/figures/figure_text.h"

namespace heed {
namespace {

constexpr int font_px = 12;
constexpr double row_height = 20, sample = 30, sample_gap = 8, column_gap = 28;
constexpr size_t most_columns = 4;

}  // namespace

Legend::Legend(std::vector<LegendEntry> entries, double width) : entries_(std::move(entries)) {
  std::vector<double> widths;
  for (auto& entry : entries_) {
    entry.name = fitted(drawable(entry.name), font_px, width - sample - sample_gap);
    widths.push_back(sample + sample_gap + text_width(entry.name, font_px) + column_gap);
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
    text += canvas.text(entries_[i].name, x + sample + sample_gap, y, font_px, "left");
  }
  return text;
}

}  // namespace heed
