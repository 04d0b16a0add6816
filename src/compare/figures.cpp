#include "src/compare/figures.h"

#include <algorithm>
#include <cmath>

namespace heed {
namespace {

bool is_empty(const LinePanel& panel) {
  return std::all_of(panel.series.begin(), panel.series.end(), [](const LineSeries& series) {
    return series.points.empty() && series.faint.empty();
  });
}

bool is_empty(const StripPanel& panel) {
  return std::all_of(panel.columns.begin(), panel.columns.end(),
                     [](const StripColumn& column) { return column.points.empty(); });
}

}  // namespace

void FigureSheet::add(const std::string& name, LineFigure figure, const std::string& caption) {
  std::erase_if(figure.panels, [](const LinePanel& panel) { return is_empty(panel); });
  if (figure.panels.empty()) return;
  write_line_figure(figure, folder_ / name);
  drawn_.push_back({.stem = folder_ / name, .caption = caption});
}

void FigureSheet::add(const std::string& name, const StripFigure& figure,
                      const std::string& caption) {
  if (is_empty(figure.panels.front())) return;
  write_strip_figure(figure, folder_ / name);
  drawn_.push_back({.stem = folder_ / name, .caption = caption});
}

size_t FigureSheet::find_color(const std::string& model) const {
  const auto models = comparison_.models();
  return static_cast<size_t>(std::find(models.begin(), models.end(), model) - models.begin());
}

LineSeries FigureSheet::series(const std::string& model) const {
  // Dashed too, since curves may coincide.
  return {.name = model, .color = find_color(model), .dash = find_color(model)};
}

std::vector<ReferenceLine> FigureSheet::loss_references() const {
  for (const auto& baseline : comparison_.any_run()->baselines)
    if (baseline.measure == "loss" && baseline.value)
      return {{.label = "baseline " + baseline.formula, .y = *baseline.value}};
  return {};
}

std::vector<ReferenceLine> FigureSheet::measure_references() const {
  for (const auto& baseline : comparison_.any_run()->baselines) {
    if (baseline.measure != metric().measure || !baseline.value) continue;
    const bool root = metric().by_loss() && metric().unit == LossUnit::squared_error;
    return {{.label = (root ? "baseline, root of " : "baseline ") + baseline.formula,
             .y = root ? std::sqrt(*baseline.value) : *baseline.value}};
  }
  return {};
}

LinePanel FigureSheet::metric_panel(const std::string& title, const std::string& x_label) const {
  return {.title = title,
          .x_label = x_label,
          .y_label = metric().name(),
          .references = measure_references(),
          .shares = !metric().by_loss()};
}

std::vector<std::string> FigureSheet::shown_cells() const {
  auto cells = comparison_.cells();
  if (cells.size() > 3) cells = {cells.front(), cells[cells.size() / 2], cells.back()};
  return cells;
}

std::vector<DrawnFigure> draw_figures(const Comparison& comparison,
                                      const std::filesystem::path& folder) {
  FigureSheet sheet(comparison, folder);
  draw_scores(sheet);
  draw_learning_curves(sheet);
  draw_gradients(sheet);
  draw_costs(sheet);
  return sheet.drawn();
}

}  // namespace heed
