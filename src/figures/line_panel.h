#pragma once

#include <map>
#include <string>
#include <vector>

#include "src/figures/figure_panels.h"
#include "src/figures/line_figure.h"

namespace heed {

/// How a name is drawn in all panels.
struct LineStyle {
  size_t color = 0;
  size_t dash = 0;
  bool marked = false;  ///< whether some panel draws points on it

  /// gnuplot's words for a line.
  std::string line(double width) const;
};

using LineStyles = std::map<std::string, LineStyle>;

/// Of a series: whether it has something that can be drawn, and whether its points are marked.
bool has_points(const LinePanel& panel, const LineSeries& series);
bool has_points(const LinePanel& panel);
bool is_marked(const LineSeries& series);

/// One panel of a line figure on its way into a script.
class LinePanelScript {
 public:
  /// `number` tells its datablocks from those of other panels.
  LinePanelScript(const LinePanel& panel, size_t number);

  /// The axes depend on the plot's size; the vertical one is to be made first, since its labels
  /// take from the width.
  void make_y_axis(double height);
  void make_x_axis(double width);
  Margins margins() const;

  std::string data() const;
  std::string commands(const Rectangle& plot, const Margins& around, const Canvas& canvas,
                       const LineStyles& styles) const;

 private:
  std::string block(char kind, size_t series, size_t index = 0) const;
  std::string lines_data(const std::vector<LinePoint>& points) const;
  std::string band_data(const std::vector<BandPoint>& band) const;
  std::string plots(const LineStyles& styles) const;
  PanelTexts texts() const;
  std::string mark(const Rectangle& plot, const Canvas& canvas) const;
  std::vector<Pixel> drawn_pixels(const Rectangle& plot) const;

  const LinePanel& panel_;
  size_t number_;
  Axis x_axis_, y_axis_;
};

}  // namespace heed
