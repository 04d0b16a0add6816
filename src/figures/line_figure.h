#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "src/figures/figure_axis.h"
#include "src/figures/figure_references.h"

namespace heed {

struct LinePoint {
  double x = 0;
  double y = 0;
};

struct BandPoint {
  double x = 0;
  double low = 0;
  double high = 0;
};

struct LineSeries {
  std::string name;
  std::vector<LinePoint> points = {};  ///< in the order in which they are connected
  std::vector<BandPoint> band = {};    ///< filled, such as least to most over seeds
  /// Thin lines of the same name and colour, such as one a seed.
  std::vector<std::vector<LinePoint>> faint = {};
  /// Counted from 0; empty: the first that is free, in the order of the names. From the seventh on
  /// the colours come again, dashed.
  std::optional<size_t> color = {};
  std::optional<size_t> dash = {};  ///< 0 solid, 1 dashes, 2 dots, 3 both; empty: by the colour
};

/// A vertical line that marks an x, such as the longest row in training.
struct MarkedX {
  std::string label;
  double x = 0;
};

/// Curves over one axis: losses while training, accuracy by distance.
struct LinePanel {
  std::string title = {};
  std::string x_label = {};
  std::string y_label = {};
  std::vector<LineSeries> series = {};
  std::vector<ReferenceLine> references = {};
  std::optional<MarkedX> marked_x = {};
  /// Points at or below 0 are then left out; a factor of 5 or less stays linear.
  bool log_x = false;
  bool log_y = false;
  std::optional<Span> y_range = {};  ///< empty: what the numbers need
};

struct LineFigure {
  std::string title;
  std::vector<LinePanel> panels;
};

/// Draws the panels side by side, three in a row at most, above one legend, as stem.png and
/// stem.svg. A name has one colour in all panels; colours and dashes can be told apart by
/// colour-blind people. Points that are not finite interrupt their line; a panel without points
/// says "no data". Throws std::runtime_error for a figure without a point that can be drawn, and
/// for what write_figure (gnuplot.h) throws.
void write_line_figure(const LineFigure& figure, const std::filesystem::path& stem);

}  // namespace heed
