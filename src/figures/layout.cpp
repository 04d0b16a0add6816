#include "src/figures/layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "src/figures/text.h"

namespace heed {
namespace {

constexpr double figure_margin = 14;
constexpr double title_room = 30;
constexpr double row_gap = 18;
constexpr double caption_room = label_px + 8;

double by_columns(size_t columns, const std::array<double, 3>& values) {
  return values.at(std::clamp<size_t>(columns, 1, values.size()) - 1);
}

}  // namespace

size_t choose_columns(size_t panels, size_t most) {
  const size_t rows = (panels + most - 1) / most;
  return rows == 0 ? 1 : (panels + rows - 1) / rows;
}

double panel_width(size_t columns) { return by_columns(columns, {720, 440, 325}); }
double plot_height(size_t columns) { return by_columns(columns, {340, 260, 220}); }

Margins margins(const PanelTexts& texts, const Axis& y_axis) {
  return {
      .left = widest(y_axis.labels(), tick_px) + 16. + (texts.y_label.empty() ? 8 : caption_room),
      .right = 28,
      .above = 4 + (texts.title.empty() ? 0 : caption_room + 2),
      .below = 26 + (texts.x_label.empty() ? 0 : caption_room + 5)};
}

Margins take_widest(const std::vector<Margins>& all) {
  Margins widest;
  for (const auto& one : all)
    widest = {.left = std::max(widest.left, one.left),
              .right = std::max(widest.right, one.right),
              .above = std::max(widest.above, one.above),
              .below = std::max(widest.below, one.below)};
  return widest;
}

Panels arrange(size_t panels, size_t columns, double width, const Margins& around, bool title,
               double room_below) {
  const double plot = plot_height(columns);
  const double height = around.above + plot + around.below + row_gap;
  const double top = figure_margin + (title ? title_room : 0);
  Panels result;
  for (size_t i = 0; i < panels; ++i) {
    const size_t row = i / columns, column = i % columns;
    result.plots.push_back({.left = static_cast<double>(column) * width + around.left,
                            .top = top + static_cast<double>(row) * height + around.above,
                            .width = width - around.left - around.right,
                            .height = plot});
  }
  const size_t rows = (panels + columns - 1) / columns;
  result.bottom = top + static_cast<double>(rows) * height;
  result.size = {.width = static_cast<int>(static_cast<double>(columns) * width),
                 .height = static_cast<int>(result.bottom + room_below + figure_margin)};
  return result;
}

std::string Canvas::at(double x, double y) const {
  return fmt::format("screen {:.6f},{:.6f}", x / size_.width, 1 - y / size_.height);
}

std::string Canvas::text(const std::string& text, double x, double y, int px,
                         const std::string& style) const {
  return fmt::format("set label {} at {} font ',{}' {}\n", quote(text), at(x, y), px, style);
}

std::string Canvas::line(double x0, double y0, double x1, double y1,
                         const std::string& style) const {
  return fmt::format("set arrow from {} to {} nohead {}\n", at(x0, y0), at(x1, y1), style);
}

std::string Canvas::point(double x, double y, const std::string& style) const {
  return fmt::format("set label '' at {} point {}\n", at(x, y), style);
}

std::string Canvas::plot_at(const Rectangle& plot) const {
  const auto x = [this](double pixels) { return pixels / size_.width; };
  const auto y = [this](double pixels) { return 1 - pixels / size_.height; };
  return fmt::format(
      "set lmargin at screen {:.6f}\nset rmargin at screen {:.6f}\n"
      "set tmargin at screen {:.6f}\nset bmargin at screen {:.6f}\n",
      x(plot.left), x(plot.right()), y(plot.top), y(plot.bottom()));
}

std::string Canvas::captions(const PanelTexts& texts, const Rectangle& plot, const Margins& around,
                             double left) const {
  const double middle = plot.left + plot.width / 2, width = plot.width + around.right;
  const auto caption = [this](const std::string& words, double room, double x, double y,
                              const char* style) {
    return words.empty() ? ""
                         : text(fitted(drawable(words), label_px, room), x, y, label_px, style);
  };
  return caption(texts.title, width, middle, plot.top - around.above + label_px / 2. + 1,
                 "center") +
         caption(texts.x_label, width, middle, plot.bottom() + 33 + label_px / 2., "center") +
         caption(texts.y_label, plot.height + around.above, plot.left - left + 6 + label_px / 2.,
                 plot.top + plot.height / 2, "center rotate by 90");
}

std::string Canvas::empty_plot(const Rectangle& plot) const {
  return text("no data", plot.left + plot.width / 2, plot.top + plot.height / 2, label_px,
              "center textcolor rgb '#808080'") +
         "unset xtics\nunset ytics\nplot NaN notitle\n";
}

std::string Canvas::beginning(const std::string& title) const {
  std::string text =
      "set border 3 lw .8 lc rgb '#606060'\nset grid lw .5 lt 1 lc rgb '#d8d8d8'\n"
      "unset key\nset multiplot\n";
  if (!title.empty())
    text += this->text(fitted(drawable(title), title_px, size_.width - 2 * figure_margin),
                       size_.width / 2., figure_margin + title_px / 2., title_px, "center");
  return text;
}

}  // namespace heed
