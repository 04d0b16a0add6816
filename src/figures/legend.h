#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "src/figures/axis.h"
#include "src/figures/layout.h"

namespace heed {

// What tells the parts of a figure apart: colours and dashes, the legend, the names of columns,
// labelled reference lines.

constexpr size_t series_colors = 7;

/// Okabe and Ito's colours, without yellow, which is hard to see on white.
inline std::string series_color(size_t index) {
  static constexpr std::array<const char*, 7> colors = {"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                                        "#e69f00", "#56b4e9", "#000000"};
  return colors[index % colors.size()];
}

/// As gnuplot writes it. A round of colours shares one dash.
inline std::string series_dash(size_t index) {
  static constexpr std::array<const char*, 4> dashes = {"solid", "'-'", "'.'", "'-.'"};
  return dashes[index % dashes.size()];
}

/// The colour with `transparency` from 0 (none) to 255, as gnuplot writes it.
inline std::string transparent(const std::string& color, int transparency) {
  constexpr auto digits = "0123456789abcdef";
  return std::string("#") + digits[transparency / 16] + digits[transparency % 16] + color.substr(1);
}

struct LegendEntry {
  std::string name;
  std::string line;     ///< gnuplot's words for its line: "lw 2 lc rgb '#0072b2'"
  bool marked = false;  ///< its points are drawn
};

/// The names of curves below the panels, in columns that are read downwards.
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

/// The names below the columns of a strip figure: side by side, broken into lines where needed, or
/// slanted.
class CategoryNames {
 public:
  /// `pitch`: pixels from one column to the next.
  CategoryNames(const std::vector<std::string>& names, double pitch);

  double height() const;
  /// How far slanted names reach to the left of the middle of the first column.
  double overhang() const;
  std::string commands(const Rectangle& plot, const Canvas& canvas) const;

 private:
  std::vector<std::vector<std::string>> lines_;  // of each name
  bool slanted_ = false;
};

/// A horizontal line to compare with, such as chance level.
struct ReferenceLine {
  std::string label;
  double y = 0;
};

/// Draws the reference lines of a panel, grey and dashed. Each label is above or below one end
/// of its line, preferably the right one: where it covers least of `drawn`, points of what the plot
/// shows a few pixels apart, and no other label.
std::string draw_references(const std::vector<ReferenceLine>& references, const Axis& y_axis,
                            const Rectangle& plot, const std::vector<Pixel>& drawn,
                            const Canvas& canvas);

}  // namespace heed
