#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "src/figures/axis.h"
#include "src/figures/legend.h"

namespace heed {

/// An interquartile mean and its bootstrap interval, for example.
struct StripInterval {
  double low = 0;
  double center = 0;
  double high = 0;
};

/// One category in one panel.
struct StripColumn {
  /// One per seed, from left to right. Infinity: it never happened; NaN: unknown, left out.
  std::vector<double> points = {};
  std::optional<StripInterval> interval = {};  ///< a bar with a tick beside the points
  std::string note = {};                       ///< above the column: "3/3 solved"
};

struct StripPanel {
  std::string title = {};
  std::string y_label = {};
  std::vector<StripColumn> columns = {};  ///< one per category; missing ones have no points
  std::vector<ReferenceLine> references = {};
  /// Points at or below 0 are then left out; a range of a factor of 5 or less stays linear.
  bool log_y = false;
  bool shares = false;               ///< y are shares from 0 to 1: see share_range()
  std::optional<Span> y_range = {};  ///< empty: the range of the numbers
};

/// Every outcome as a point, in a column per category. It shows what a mean would hide, such as two
/// groups of outcomes with nothing between them.
struct StripFigure {
  std::string title;
  std::vector<std::string> categories;
  std::vector<StripPanel> panels;
  std::vector<size_t> colors = {};  ///< one per category, as in line figures; empty: 0, 1, 2, ...
  std::string never = "never";      ///< the tick of infinite values
};

/// Draws the panels side by side, at most three in a row, as stem.png and stem.svg. Infinite values
/// are open marks above a thin line at the top. A panel without points says "no data". Throws
/// std::runtime_error for a figure without a point that can be drawn or with more columns than
/// categories, and what write_figure (gnuplot.h) throws.
void write_strip_figure(const StripFigure& figure, const std::filesystem::path& stem);

}  // namespace heed
