#pragma once

#include <string>
#include <vector>

#include "src/figures/figure_axis.h"
#include "src/figures/gnuplot.h"

namespace heed {

/// In pixels from the figure's top left corner.
struct Rectangle {
  double left = 0, top = 0, width = 0, height = 0;

  double right() const { return left + width; }
  double bottom() const { return top + height; }
};

/// What a panel takes around its plot, in pixels.
struct Margins {
  double left = 0, right = 0, above = 0, below = 0;
};

struct PanelTexts {
  std::string title, x_label, y_label;  ///< empty: none, and no room is kept for it
};

/// What a panel with these texts, the ticks' labels and nothing else takes around its plot.
Margins margins(const PanelTexts& texts, const Axis& y_axis);

/// The most of each, so that all plots are of one size.
Margins take_widest(const std::vector<Margins>& all);

/// A figure's plots, side by side and in rows.
struct Panels {
  FigureSize size;
  std::vector<Rectangle> plots;
  double bottom = 0;  ///< where what stands below all panels begins
};

/// How many panels stand in a row if `most` may: evenly shared, so four are two and two.
size_t choose_columns(size_t panels, size_t most = 3);

/// The width of a panel with its margins, and the height of its plot, by panels in a row.
double panel_width(size_t columns);
double plot_height(size_t columns);

/// Lays out panels of that width below a title (or without) and above `room_below` pixels for a
/// legend.
Panels arrange(size_t panels, size_t columns, double width, const Margins& around, bool title,
               double room_below);

/// Writes gnuplot's commands for places in pixels.
class Canvas {
 public:
  explicit Canvas(FigureSize size) : size_(size) {}

  /// The place as gnuplot wants it, "screen 0.1,0.9": from the bottom, from 0 to 1.
  std::string at(double x, double y) const;
  /// `style` are gnuplot's words: alignment ("center"), font, ...
  std::string text(const std::string& text, double x, double y, int px,
                   const std::string& style) const;
  std::string line(double x0, double y0, double x1, double y1, const std::string& style) const;
  std::string point(double x, double y, const std::string& style) const;
  /// "no data" instead of curves.
  std::string empty_plot(const Rectangle& plot) const;
  /// A panel's texts. `around` is what the figure's panels take, `left` what this one needs.
  std::string captions(const PanelTexts& texts, const Rectangle& plot, const Margins& around,
                       double left) const;
  /// Puts the next plot there.
  std::string plot_at(const Rectangle& plot) const;
  /// The figure's title, the axes' frame and what else comes before the first plot.
  std::string beginning(const std::string& title) const;

 private:
  FigureSize size_;
};

/// Removes the texts and lines that belonged to a panel.
inline std::string end_of_panel() { return "unset label\nunset arrow\n"; }

}  // namespace heed
