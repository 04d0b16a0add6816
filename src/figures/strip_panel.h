#pragma once

#include <string>
#include <vector>

#include "src/figures/figure_categories.h"
#include "src/figures/figure_panels.h"
#include "src/figures/figure_references.h"
#include "src/figures/strip_figure.h"

namespace heed {

/// One panel of a strip figure on its way into a script.
class StripPanelScript {
 public:
  StripPanelScript(const StripFigure& figure, const StripPanel& panel);

  bool has_points() const;
  /// Before all that follows.
  void make_y_axis(double height);
  Margins margins(double pitch) const;
  std::string commands(const Rectangle& plot, const Margins& around, const CategoryNames& names,
                       const Canvas& canvas) const;

 private:
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
  Axis y_axis_;
  bool has_never_ = false;
};

}  // namespace heed
