#include <fmt/format.h>

#include <functional>
#include <limits>
#include <map>
#include <optional>

#include "src/compare/figures.h"

namespace heed {
namespace {

using CurveValue = double (*)(const RunResult&, const CurvePoint&);

// Above the exact predictor on the same rows, where there is one: against the entropy of the
// language a sample's loss may come out lower by chance.
double loss(const RunResult& run, const CurvePoint& point) {
  return point.loss - run.validation.exact_loss.value_or(0);
}

double measure(const RunResult&, const CurvePoint& point) {
  return point.measure.value_or(std::numeric_limits<double>::quiet_NaN());
}

// A line per run, and their median at each step that all runs have.
LineSeries curves(const FigureSheet& sheet, const Outcome& outcome, CurveValue value) {
  auto result = sheet.series(outcome.model);
  std::map<int64_t, std::vector<double>> by_step;
  for (const auto& run : outcome.runs) {
    std::vector<LinePoint> line;
    for (const auto& point : run.curve) {
      line.push_back({static_cast<double>(point.step), value(run, point)});
      by_step[point.step].push_back(value(run, point));
    }
    if (outcome.runs.size() > 1) result.faint.push_back(std::move(line));
  }
  for (const auto& [step, values] : by_step)
    if (values.size() == outcome.runs.size())
      result.points.push_back({static_cast<double>(step), median(values)});
  return result;
}

void add_curves(const FigureSheet& sheet, LinePanel panel, const std::string& cell,
                CurveValue value, LineFigure& figure) {
  for (const auto& outcome : sheet.comparison().outcomes)
    if (outcome.cell_text() == cell && !outcome.runs.empty())
      panel.series.push_back(curves(sheet, outcome, value));
  figure.panels.push_back(std::move(panel));
}

using CostValue = std::function<std::optional<double>(const LengthCost&)>;

LinePanel cost_panel(const FigureSheet& sheet, const std::string& title, const std::string& unit,
                     const CostValue& value) {
  LinePanel made{
      .title = title, .x_label = "length", .y_label = unit, .log_x = true, .log_y = true};
  for (const auto& model : sheet.comparison().models()) {
    const auto costs = sheet.comparison().costs.find(model);
    if (costs == sheet.comparison().costs.end()) continue;
    auto line = sheet.series(model);
    for (const auto& cost : costs->second)
      if (const auto y = value(cost)) line.points.push_back({static_cast<double>(cost.length), *y});
    made.series.push_back(std::move(line));
  }
  return made;
}

}  // namespace

void draw_learning_curves(FigureSheet& sheet) {
  const bool nats = sheet.metric().unit == LossUnit::nats;
  const bool excess = sheet.comparison().any_run()->validation.exact_loss.has_value();
  LineFigure losses{.title = "Validation loss during training", .panels = {}};
  LineFigure measures{.title = fmt::format("Validation {} during training", sheet.metric().name()),
                      .panels = {}};
  for (const auto& cell : sheet.shown_cells()) {
    add_curves(sheet,
               {.title = cell,
                .x_label = "step",
                .y_label = excess ? "nats above the exact predictor"
                           : nats ? "nats"
                                  : "squared error",
                .references = excess ? std::vector<ReferenceLine>() : sheet.loss_references(),
                .log_y = excess || !nats},
               cell, loss, losses);
    add_curves(sheet, sheet.metric_panel(cell, "step"), cell, measure, measures);
  }
  const std::string lines = several_seeds(sheet.comparison())
                                ? "A thin line per seed, a thick one for their median. "
                                : "";
  sheet.add(
      "learning_curves", std::move(losses),
      lines + (excess ? "The exact predictor knows the probability of every next token, and is "
                        "measured on the same rows."
                      : "Dashed in grey: a model that has learned nothing."));
  if (!sheet.metric().by_loss())
    sheet.add("learning_measure", std::move(measures),
              lines + fmt::format("The {} on the validation rows.", sheet.metric().name()));
}

void draw_costs(FigureSheet& sheet) {
  sheet.add("cost",
            {.title = fmt::format("Cost by length, {} rows per step", cost_rows),
             .panels = {cost_panel(sheet, "time of a training step", "ms",
                                   [](const LengthCost& c) { return 1000 * c.step_seconds; }),
                        cost_panel(sheet, "memory of a training step", "MiB",
                                   [](const LengthCost& c) { return c.mebibytes; }),
                        cost_panel(sheet, "kept between inference steps", "numbers per row",
                                   [](const LengthCost& c) -> std::optional<double> {
                                     if (!c.state_numbers) return std::nullopt;
                                     return static_cast<double>(*c.state_numbers);
                                   })}},
            "On one thread, with the settings chosen for each model.");
}

}  // namespace heed
