#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace heed {

struct LinePoint {
  double x = 0;
  double y = 0;
};

struct LineSeries {
  std::string name;
  std::vector<LinePoint> points;  ///< in the order in which they are connected
};

/// A horizontal line to compare with, such as a task's entropy bound.
struct ReferenceLine {
  std::string label;
  double y = 0;
};

/// Curves over one axis: losses while training, accuracy by distance.
struct LineFigure {
  std::string title;
  std::string x_label;
  std::string y_label;
  std::vector<LineSeries> series;
  std::optional<ReferenceLine> reference = {};
  bool log_x = false;  ///< points at x <= 0 are then left out; a factor of 5 or less stays linear
};

/// Draws the curves as stem.png and stem.svg, in colours (and from the eighth on dashes) that
/// colour-blind people can tell apart, names in the order of the series. Points that are not finite
/// interrupt their line. Throws std::runtime_error for a figure without a point that can be drawn,
/// and for what write_figure (gnuplot.h) throws.
void write_line_figure(const LineFigure& figure, const std::filesystem::path& stem);

}  // namespace heed
