#include <cmath>
#include <cstdlib>
#include <map>

#include "src/compare/figures.h"

namespace heed {
namespace {

constexpr double smallest_norm = 1e-30;  // drawn where the gradient is zero

enum class When { at_start, after };
enum class What { input, state };

// The geometric mean over the seeds, as norms differ by powers of ten.
LineSeries flow_series(const FigureSheet& sheet, const Outcome& outcome, What what, When when) {
  std::map<int64_t, std::pair<double, int64_t>> logs;  // by distance: sum and count
  for (const auto& run : outcome.runs) {
    const auto& flow = when == When::at_start ? run.at_start : run.after;
    const auto& norms = what == What::input ? flow.input : flow.state;
    for (size_t i = 0; i < norms.size(); ++i) {
      auto& [sum, count] = logs[flow.distances[i]];
      sum += std::log(std::max(norms[i], smallest_norm));
      ++count;
    }
  }
  auto line = sheet.series(outcome.model);
  for (const auto& [distance, log] : logs)
    line.points.push_back(
        {static_cast<double>(distance), std::exp(log.first / static_cast<double>(log.second))});
  return line;
}

LinePanel flow_panel(const FigureSheet& sheet, const std::string& cell, What what, When when) {
  LinePanel panel{.title = std::string(what == What::input ? "input" : "hidden state") +
                           (when == When::at_start ? ", before training" : ", after training"),
                  .x_label = "distance from the end",
                  .y_label = "gradient norm / largest",
                  .log_y = true};
  for (const auto& outcome : sheet.comparison().outcomes)
    if (outcome.cell_text() == cell && !outcome.runs.empty())
      panel.series.push_back(flow_series(sheet, outcome, what, when));
  return panel;
}

void draw_by_distance(FigureSheet& sheet) {
  const auto cell = sheet.comparison().cells().back();
  LineFigure figure{.title = cell.empty() ? "Gradient flow" : "Gradient flow, " + cell,
                    .panels = {}};
  for (const auto what : {What::input, What::state})
    for (const auto when : {When::at_start, When::after})
      figure.panels.push_back(flow_panel(sheet, cell, what, when));
  sheet.add("gradient_flow", std::move(figure),
            "The norm of d(loss at the end) / d(input at a distance from the end), divided by each "
            "model's largest; for recurrent models also with respect to the hidden state. Where it "
            "vanishes, a model cannot learn from that far back.");
}

double find_length(const Outcome& outcome, const GridAxis& axis) {
  return std::atof(outcome.runs.front().label(axis.name).c_str());
}

// The gradient at the first input, for grids over the length of the row.
LinePanel first_input_panel(const FigureSheet& sheet, const GridAxis& axis, When when) {
  LinePanel panel{
      .title = when == When::at_start ? "gradient before training" : "gradient after training",
      .x_label = "length",
      .y_label = "norm at the first input / largest",
      .log_x = true,
      .log_y = true};
  for (const auto& model : sheet.comparison().models()) {
    auto line = sheet.series(model);
    for (const auto& outcome : sheet.comparison().outcomes) {
      if (outcome.model != model || outcome.runs.empty()) continue;
      const auto flow = flow_series(sheet, outcome, What::input, when).points;
      if (!flow.empty()) line.points.push_back({find_length(outcome, axis), flow.back().y});
    }
    panel.series.push_back(std::move(line));
  }
  return panel;
}

void draw_by_length(FigureSheet& sheet) {
  const auto& comparison = sheet.comparison();
  const auto* axis = comparison.numeric_axis();
  if (!axis || short_name(axis->name) != "length") return;
  auto judged = sheet.metric_panel(sheet.metric().name(), "length");
  judged.log_x = true;
  for (const auto& model : comparison.models()) {
    auto line = sheet.series(model);
    for (size_t i = 0; i < comparison.outcomes.size(); ++i)
      if (comparison.outcomes[i].model == model && !comparison.outcomes[i].runs.empty())
        line.points.push_back(
            {find_length(comparison.outcomes[i], *axis), comparison.summaries[i].value.centre});
    judged.series.push_back(std::move(line));
  }
  sheet.add("gradient_by_length",
            {.title = "Accuracy and the gradient at the first input, by length",
             .panels = {std::move(judged), first_input_panel(sheet, *axis, When::at_start),
                        first_input_panel(sheet, *axis, When::after)}},
            "How much of the gradient of the loss at the end reaches the first input of the row, "
            "relative to the input it reaches most.");
}

}  // namespace

void draw_gradients(FigureSheet& sheet) {
  draw_by_length(sheet);
  draw_by_distance(sheet);
}

}  // namespace heed
