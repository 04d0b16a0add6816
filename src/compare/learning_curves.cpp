#include <fmt/format.h>

#include <limits>
#include <map>

#include "src/compare/figure_sheet.h"

namespace heed {
namespace {

using LearningCurvesValue = double (*)(const CurvePoint&);

double loss(const CurvePoint& point) { return point.loss; }
double measure(const CurvePoint& point) {
  return point.measure.value_or(std::numeric_limits<double>::quiet_NaN());
}

// One line a run, and the median over the runs at each step that all have.
LineSeries curves(const FigureSheet& sheet, const Outcome& outcome, LearningCurvesValue value) {
  auto result = sheet.series(outcome.model);
  std::map<int64_t, std::vector<double>> by_step;
  for (const auto& run : outcome.runs) {
    std::vector<LinePoint> line;
    for (const auto& point : run.curve) {
      line.push_back({static_cast<double>(point.step), value(point)});
      by_step[point.step].push_back(value(point));
    }
    if (outcome.runs.size() > 1) result.faint.push_back(std::move(line));
  }
  for (const auto& [step, values] : by_step)
    if (values.size() == outcome.runs.size())
      result.points.push_back({static_cast<double>(step), median(values)});
  return result;
}

void add_curves(const FigureSheet& sheet, LinePanel panel, const std::string& cell, LearningCurvesValue value,
                LineFigure& figure) {
  for (const auto& outcome : sheet.comparison().outcomes)
    if (outcome.cell_text() == cell && !outcome.runs.empty())
      panel.series.push_back(curves(sheet, outcome, value));
  figure.panels.push_back(std::move(panel));
}

}  // namespace

void draw_learning_curves(FigureSheet& sheet) {
  const bool nats = sheet.metric().unit == LossUnit::nats;
  LineFigure losses{.title = "Validation loss while training", .panels = {}};
  LineFigure measures{.title = fmt::format("Validation {} while training", sheet.metric().name()),
                      .panels = {}};
  for (const auto& cell : sheet.shown_cells()) {
    add_curves(sheet,
               {.title = cell,
                .x_label = "step",
                .y_label = nats ? "nats" : "squared error",
                .references = sheet.loss_references(),
                .log_y = !nats},
               cell, loss, losses);
    add_curves(sheet, sheet.metric_panel(cell, "step"), cell, measure, measures);
  }
  sheet.add("learning_curves", std::move(losses),
            "A thin line a seed, a thick one for their median. Dashed in grey: the task's entropy "
            "bound where it is known, else what a model gets that has not understood.");
  if (!sheet.metric().by_loss())
    sheet.add("learning_measure", std::move(measures), "The same for what runs are judged by.");
}

}  // namespace heed
