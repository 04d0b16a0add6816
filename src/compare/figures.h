#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "src/compare/comparison.h"

namespace heed {

/// A figure of a comparison, as it was drawn.
struct DrawnFigure {
  std::filesystem::path stem;  ///< stem.png and stem.svg
  std::string caption;         ///< what it shows and how to read it
};

/// Draws what there is to show into `folder`: learning curves, the metric by the grid's numbers, by
/// length or distance, all points over the seeds, gradient flow, cost by length. Figures without
/// data are left out. Throws what write_figure throws.
std::vector<DrawnFigure> draw_figures(const Comparison& comparison,
                                      const std::filesystem::path& folder);

}  // namespace heed
