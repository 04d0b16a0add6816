#pragma once

#include <string>
#include <vector>

#include "src/figures/layout.h"
#include "src/figures/legend.h"
#include "src/figures/strip_figure.h"

namespace heed {

/// Turns one panel of a strip figure into gnuplot's commands.
class StripPanelScript {
 public:
  StripPanelScript(const StripFigure& figure, const StripPanel& panel);

  bool has_points() const;
  /// Adds the panel's values if they are shares.
  void add_shares(Span& shares) const;
  /// To be called before the functions below; `share_range` is the range of shares.
  void make_y_axis(double height, const Span& share_range);
  Margins margins(double pitch) const;
  std::string commands(const Rectangle& plot, const Margins& around, const CategoryNames& names,
                       const Canvas& canvas) const;

 private:
  template <class Visit>
  void for_each_value(const Visit& visit) const;
  PanelTexts texts() const;
  bool is_drawn(double value) const;
  bool has_interval(const StripColumn& column) const;
  double level(double value) const;
  Pixel pixel(const Rectangle& plot, size_t column, double place, double value) const;
  std::string notes(const Rectangle& plot, const Canvas& canvas) const;
  std::string never_line(const Rectangle& plot, const Canvas& canvas) const;
  std::string column(size_t index, const Rectangle& plot, const Canvas& canvas) const;
  std::vector<Pixel> drawn_pixels(const Rectangle& plot) const;

  const StripFigure& figure_;
  const StripPanel& panel_;
  Span share_range_;
  Axis y_axis_;
  bool has_never_ = false;
};

}  // namespace heed
