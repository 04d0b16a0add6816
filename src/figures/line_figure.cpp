#include "src/figures/line_figure.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <stdexcept>

#include "src/figures/legend.h"
#include "src/figures/line_panel.h"

namespace heed {
namespace {

using Names = std::vector<std::string>;

// Calls visit(series) for every series that can be drawn.
template <class Visit>
void for_each_series(const LineFigure& figure, const Visit& visit) {
  for (const auto& panel : figure.panels)
    for (const auto& series : panel.series)
      if (has_points(panel, series)) visit(series);
}

Names list_names(const LineFigure& figure) {
  Names names;
  for_each_series(figure, [&names](const LineSeries& series) {
    if (std::find(names.begin(), names.end(), series.name) == names.end())
      names.push_back(series.name);
  });
  return names;
}

// Colours that a series asks for first, then the free ones.
LineStyles choose_styles(const LineFigure& figure, const Names& names) {
  LineStyles styles;
  std::map<std::string, size_t> dashes;
  std::set<size_t> taken;
  for_each_series(figure, [&](const LineSeries& series) {
    if (series.color && styles.emplace(series.name, LineStyle{.color = *series.color}).second)
      taken.insert(*series.color);
    if (series.dash) dashes.emplace(series.name, *series.dash);
  });
  size_t next = 0;
  for (const auto& name : names) {
    const auto [style, is_new] = styles.try_emplace(name);
    while (is_new && taken.count(next) > 0) ++next;
    if (is_new) style->second.color = next++;
    const auto dash = dashes.find(name);
    style->second.dash = dash == dashes.end() ? style->second.color / series_colors : dash->second;
  }
  for_each_series(figure, [&styles](const LineSeries& series) {
    if (is_marked(series)) styles[series.name].marked = true;
  });
  return styles;
}

Legend make_legend(const Names& names, const LineStyles& styles, double width) {
  std::vector<LegendEntry> entries;
  for (const auto& name : names) {
    const auto& style = styles.at(name);
    entries.push_back({.name = name, .line = style.line(2), .marked = style.marked});
  }
  return {entries, width};
}

void check(const LineFigure& figure) {
  bool any = false, log = false;
  for (const auto& panel : figure.panels) {
    any = any || has_points(panel);
    log = log || panel.log_x || panel.log_y;
  }
  if (!any)
    throw std::runtime_error(
        fmt::format("the figure \"{}\" has no point that can be drawn: expected finite numbers{}",
                    figure.title, log ? " and, on a logarithmic axis, numbers above 0" : ""));
}

}  // namespace

void write_line_figure(const LineFigure& figure, const std::filesystem::path& stem) {
  check(figure);
  const auto names = list_names(figure);
  const auto styles = choose_styles(figure, names);
  const size_t columns = choose_columns(figure.panels.size());

  std::vector<LinePanelScript> panels;
  for (const auto& panel : figure.panels) panels.emplace_back(panel, panels.size());
  Span shares;  // all panels of shares have one range
  for (const auto& panel : panels) panel.add_shares(shares);
  std::vector<Margins> rooms;
  for (auto& panel : panels) {
    panel.make_y_axis(plot_height(columns), share_range(shares));
    rooms.push_back(panel.margins());
  }
  const auto around = take_widest(rooms);
  const double width = panel_width(columns);
  const double legend_width = width * static_cast<double>(columns) - around.left - around.right;
  const auto legend = make_legend(names, styles, legend_width);
  const auto layout =
      arrange(panels.size(), columns, width, around, !figure.title.empty(), legend.height());
  for (auto& panel : panels) panel.make_x_axis(layout.plots.front().width);

  const Canvas canvas(layout.size);
  std::string data, commands = canvas.beginning(figure.title);
  commands += legend.commands(canvas, around.left, layout.bottom);
  for (size_t i = 0; i < panels.size(); ++i) {
    data += panels[i].data();
    commands += panels[i].commands(layout.plots[i], around, canvas, styles);
  }
  write_figure(stem, layout.size, data, commands + "unset multiplot\n");
}

}  // namespace heed
