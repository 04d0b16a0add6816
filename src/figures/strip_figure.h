#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "src/figures/figure_axis.h"
#include "src/figures/figure_references.h"

namespace heed {

/// Such as an interquartile mean and its bootstrap interval.
struct StripInterval {
  double low = 0;
  double center = 0;
  double high = 0;
};

/// One category in one panel.
struct StripColumn {
  /// One a seed, each in its own place from left to right. Infinity: it never happened; NaN: it is
  /// not known, and left out.
  std::vector<double> points = {};
  std::optional<StripInterval> interval = {};  ///< a bar with a tick beside the points
  std::string note = {};                       ///< above the column: "3/3 solved"
};

struct StripPanel {
  std::string title = {};
  std::string y_label = {};
  std::vector<StripColumn> columns = {};  ///< one a category; those that lack have no points
  std::vector<ReferenceLine> references = {};
  bool log_y = false;  ///< points at or below 0 are then left out; a factor of 5 stays linear
  std::optional<Span> y_range = {};  ///< empty: what the numbers need
};

/// Every outcome as a point, a column a category: what a mean would hide, such as two outcomes with
/// nothing between them, is seen.
struct StripFigure {
  std::string title;
  std::vector<std::string> categories;
  std::vector<StripPanel> panels;
  std::vector<size_t> colors = {};  ///< one a category, as in line figures; empty: 0, 1, 2, ...
  std::string never = "never";      ///< the name of what is infinite
};

/// Draws the panels side by side, three in a row at most, as stem.png and stem.svg. What never
/// happened stands as an open mark above a thin line at the top. A panel without points says "no
/// data". Throws std::runtime_error for a figure without a point that can be drawn or with more
/// columns than categories, and for what write_figure (gnuplot.h) throws.
void write_strip_figure(const StripFigure& figure, const std::filesystem::path& stem);

}  // namespace heed
