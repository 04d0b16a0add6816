#pragma once

#include <string>
#include <vector>

#include "src/figures/axis.h"
#include "src/figures/gnuplot.h"

namespace heed {

/// A point of a figure, in pixels from its top left corner.
struct Pixel {
  double x = 0, y = 0;
};

/// In pixels from the figure's top left corner.
struct Rectangle {
  double left = 0, top = 0, width = 0, height = 0;

  double right() const { return left + width; }
  double bottom() const { return top + height; }
};

/// The room that a panel needs around its plot, in pixels.
struct Margins {
  double left = 0, right = 0, above = 0, below = 0;
};

struct PanelTexts {
  std::string title, x_label, y_label;  ///< an empty one takes no room
};

/// The room that these texts and the labels of the ticks need.
Margins margins(const PanelTexts& texts, const Axis& y_axis);

/// The largest of each, so that all plots have the same size.
Margins take_widest(const std::vector<Margins>& all);

/// The plots of a figure, in rows and columns.
struct Panels {
  FigureSize size;
  std::vector<Rectangle> plots;
  double bottom = 0;  ///< the top of what is drawn below all panels
};

/// The number of panels in a row, at most `most`, in rows as equal as possible: four panels are two
/// rows of two.
size_t choose_columns(size_t panels, size_t most = 3);

/// The width of a panel with its margins, and the height of its plot, by panels in a row.
double panel_width(size_t columns);
double plot_height(size_t columns);

/// Arranges panels of that width below a title, if there is one, and above `room_below` pixels for
/// a legend.
Panels arrange(size_t panels, size_t columns, double width, const Margins& around, bool title,
               double room_below);

/// Writes gnuplot's commands for positions in pixels.
class Canvas {
 public:
  explicit Canvas(FigureSize size) : size_(size) {}

  /// The position as gnuplot writes it, "screen 0.1,0.9": from 0 to 1, from the bottom left corner.
  std::string at(double x, double y) const;
  /// `style` in gnuplot's words: alignment ("center"), colour, rotation.
  std::string text(const std::string& text, double x, double y, int px,
                   const std::string& style) const;
  std::string line(double x0, double y0, double x1, double y1, const std::string& style) const;
  std::string point(double x, double y, const std::string& style) const;
  /// "no data" instead of curves.
  std::string empty_plot(const Rectangle& plot) const;
  /// The texts of a panel. `around` is the room of every panel, `left` what this one needs.
  std::string captions(const PanelTexts& texts, const Rectangle& plot, const Margins& around,
                       double left) const;
  /// Where the next plot goes.
  std::string plot_at(const Rectangle& plot) const;
  /// The title of the figure, the frame of its axes and all else before the first plot.
  std::string beginning(const std::string& title) const;

 private:
  FigureSize size_;
};

/// Removes the texts and lines of a panel.
inline std::string end_of_panel() { return "unset label\nunset arrow\n"; }

}  // namespace heed
