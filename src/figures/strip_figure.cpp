#include "src/figures/strip_figure.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "src/figures/strip_panel.h"

namespace heed {
namespace {

// Pixels from one column to the next.
constexpr double least_pitch = 34, most_pitch = 110;

// Fewer panels in a row where there are many categories.
size_t columns_for(const StripFigure& figure) {
  const auto categories = static_cast<double>(figure.categories.size());
  size_t columns = choose_columns(figure.panels.size());
  while (columns > 1 && panel_width(columns) - 80 < least_pitch * categories)
    columns = choose_columns(figure.panels.size(), columns - 1);
  return columns;
}

// A single panel is no wider than it needs.
double width_for(const StripFigure& figure, size_t columns) {
  const double needed = 140 + most_pitch * static_cast<double>(figure.categories.size());
  return columns == 1 ? std::clamp(needed, panel_width(2), panel_width(1)) : panel_width(columns);
}

void check(const StripFigure& figure, const std::vector<StripPanelScript>& panels) {
  const size_t categories = figure.categories.size();
  for (const auto& panel : figure.panels)
    if (panel.columns.size() > categories)
      throw std::runtime_error(
          fmt::format("the figure \"{}\": expected {} columns at most, one per category, got {} "
                      "in the panel \"{}\"",
                      figure.title, categories, panel.columns.size(), panel.title));
  if (!figure.colors.empty() && figure.colors.size() != categories)
    throw std::runtime_error(
        fmt::format("the figure \"{}\": expected {} colours, one per category, "
                    "got {}",
                    figure.title, categories, figure.colors.size()));
  if (std::none_of(panels.begin(), panels.end(),
                   [](const StripPanelScript& panel) { return panel.has_points(); }))
    throw std::runtime_error(
        fmt::format("the figure \"{}\" has no point that can be drawn", figure.title));
}

}  // namespace

void write_strip_figure(const StripFigure& figure, const std::filesystem::path& stem) {
  std::vector<StripPanelScript> panels;
  for (const auto& panel : figure.panels) panels.emplace_back(figure, panel);
  check(figure, panels);

  const size_t columns = columns_for(figure);
  const double width = width_for(figure, columns);
  const auto pitch_for = [&](const Margins& around) {
    return (width - around.left - around.right) / static_cast<double>(figure.categories.size());
  };
  Span shares;  // all panels of shares have one range
  for (const auto& panel : panels) panel.add_shares(shares);
  for (auto& panel : panels) panel.make_y_axis(plot_height(columns), share_range(shares));
  const auto around_at = [&panels](double pitch) {
    std::vector<Margins> rooms;
    for (const auto& panel : panels) rooms.push_back(panel.margins(pitch));
    return take_widest(rooms);
  };
  auto around = around_at(0);  // whose left and right do not depend on it
  const CategoryNames names(figure.categories, pitch_for(around));
  around.left = std::max(around.left, names.overhang() - pitch_for(around) / 2);
  const double pitch = pitch_for(around);
  around.above = around_at(pitch).above;
  around.below = names.height();

  const auto layout = arrange(panels.size(), columns, width, around, !figure.title.empty(), 0);
  const Canvas canvas(layout.size);
  auto commands = canvas.beginning(figure.title);
  for (size_t i = 0; i < panels.size(); ++i)
    commands += panels[i].commands(layout.plots[i], around, names, canvas);
  write_figure(stem, layout.size, "", commands + "unset multiplot\n");
}

}  // namespace heed
