#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "src/figures/axis.h"
#include "src/figures/legend.h"

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
  std::vector<BandPoint> band = {};    ///< filled, such as the range over seeds
  /// Thin lines of the same name and colour, such as one per seed.
  std::vector<std::vector<LinePoint>> faint = {};
  /// Counted from 0; empty: the first free one, in the order of the names. After seven colours they
  /// repeat, dashed.
  std::optional<size_t> color = {};
  std::optional<size_t> dash = {};  ///< 0 solid, 1 dashes, 2 dots, 3 both; empty: by the colour
};

/// A vertical line that marks an x, such as the longest row in training.
struct MarkedX {
  std::string label;
  double x = 0;
};

/// Curves over one axis, such as losses during training or accuracy by distance.
struct LinePanel {
  std::string title = {};
  std::string x_label = {};
  std::string y_label = {};
  std::vector<LineSeries> series = {};
  std::vector<ReferenceLine> references = {};
  std::optional<MarkedX> marked_x = {};
  /// Points at or below 0 are then left out; a range of a factor of 5 or less stays linear.
  bool log_x = false;
  bool log_y = false;
  bool shares = false;               ///< y are shares from 0 to 1: see share_range()
  std::optional<Span> y_range = {};  ///< empty: the range of the numbers
};

struct LineFigure {
  std::string title;
  std::vector<LinePanel> panels;
};

/// Draws the panels side by side, at most three in a row, above one legend, as stem.png and
/// stem.svg. A name has the same colour in all panels; colour-blind readers can tell colours and
/// dashes apart. Points that are not finite interrupt their line; a panel without points says "no
/// data". Throws std::runtime_error for a figure without a point that can be drawn, and what
/// write_figure (gnuplot.h) throws.
void write_line_figure(const LineFigure& figure, const std::filesystem::path& stem);

}  // namespace heed
