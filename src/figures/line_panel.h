#pragma once

#include <map>
#include <string>
#include <vector>

#include "src/figures/layout.h"
#include "src/figures/line_figure.h"

namespace heed {

/// How the series of one name is drawn in all panels.
struct LineStyle {
  size_t color = 0;
  size_t dash = 0;
  bool marked = false;  ///< some panel draws its points

  /// The line in gnuplot's words.
  std::string line(double width) const;
};

using LineStyles = std::map<std::string, LineStyle>;

/// True if something of the series, or of any series, can be drawn.
bool has_points(const LinePanel& panel, const LineSeries& series);
bool has_points(const LinePanel& panel);
/// True if the points of the series are drawn, not only its line.
bool is_marked(const LineSeries& series);

/// Turns one panel of a line figure into gnuplot's commands.
class LinePanelScript {
 public:
  /// `number` tells its datablocks from those of other panels.
  LinePanelScript(const LinePanel& panel, size_t number);

  /// Adds the panel's values if they are shares.
  void add_shares(Span& shares) const;

  /// The axes depend on the size of the plot. The vertical one comes first, since its labels take
  /// room from the width; `share_range` is the range of shares.
  void make_y_axis(double height, const Span& share_range);
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
  Span values() const;
  PanelTexts texts() const;
  std::string mark(const Rectangle& plot, const Canvas& canvas) const;
  std::vector<Pixel> drawn_pixels(const Rectangle& plot) const;

  const LinePanel& panel_;
  size_t number_;
  Span share_range_;
  Axis x_axis_, y_axis_;
};

}  // namespace heed
