#pragma once

#include <string>
#include <vector>

#include "src/figures/figure_axis.h"
#include "src/figures/figure_panels.h"

namespace heed {

/// A horizontal line to compare with, such as a task's entropy bound.
struct ReferenceLine {
  std::string label;
  double y = 0;
};

/// A place in a figure, in pixels from its top left corner.
struct Pixel {
  double x = 0, y = 0;
};

/// Draws a panel's reference lines, grey and dashed, each with its label above or below one of its
/// ends, the right one if may be: where it hides least of `drawn` and no other label. `drawn` are
/// points on what the plot shows, a few pixels apart.
std::string draw_references(const std::vector<ReferenceLine>& references, const Axis& y_axis,
                            const Rectangle& plot, const std::vector<Pixel>& drawn,
                            const Canvas& canvas);

}  // namespace heed
