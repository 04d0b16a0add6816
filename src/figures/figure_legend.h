#pragma once

#include <string>
#include <vector>

#include "src/figures/figure_panels.h"

namespace heed {

struct LegendEntry {
  std::string name;
  std::string line;     ///< gnuplot's words for its line: "lw 2 lc rgb '#0072b2'"
  bool marked = false;  ///< whether points are drawn on it
};

/// Names below the panels, in columns that are read downwards.
class Legend {
 public:
  Legend(std::vector<LegendEntry> entries, double width);

  double height() const;
  std::string commands(const Canvas& canvas, double left, double top) const;

 private:
  std::vector<LegendEntry> entries_;
  std::vector<double> columns_;  // where each begins
  size_t rows_ = 0;
};

}  // namespace heed
