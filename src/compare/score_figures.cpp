#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <map>
#include <set>

#include "src/compare/figures.h"

namespace heed {
namespace {

// By the numbers of the grid; each point has trainings of its own.
void draw_by_axis(FigureSheet& sheet) {
  const auto& comparison = sheet.comparison();
  const auto* axis = comparison.numeric_axis();
  if (!axis) return;
  auto panel = sheet.metric_panel("", short_name(axis->name));
  panel.log_x = true;
  for (const auto& model : comparison.models()) {
    auto line = sheet.series(model);
    for (size_t i = 0; i < comparison.outcomes.size(); ++i) {
      const auto& outcome = comparison.outcomes[i];
      if (outcome.model != model || outcome.runs.empty()) continue;
      const double x = std::atof(outcome.runs.front().label(axis->name).c_str());
      const auto& value = comparison.summaries[i].value;
      line.points.push_back({x, value.centre});
      line.band.push_back({x, value.low, value.high});
    }
    panel.series.push_back(std::move(line));
  }
  const auto name = short_name(axis->name);
  sheet.add(
      "by_" + name,
      {.title = fmt::format("{} by {}", sheet.metric().name(), name), .panels = {std::move(panel)}},
      "Interquartile mean over the seeds with its bootstrap interval. Each point was trained by "
      "itself.");
}

const Evaluation& shown_test(const RunResult& run) {
  return run.extrapolation ? *run.extrapolation : run.final_evaluation();
}

LinePanel bucket_panel(const FigureSheet& sheet, const std::string& by, const std::string& cell) {
  const auto& comparison = sheet.comparison();
  auto panel = sheet.metric_panel(cell, by);
  if (comparison.extrapolation && comparison.extrapolation->trained_to &&
      comparison.extrapolation->by == by)
    panel.marked_x =
        MarkedX{.label = "trained up to here", .x = *comparison.extrapolation->trained_to};
  for (const auto& outcome : comparison.outcomes) {
    if (outcome.cell_text() != cell || outcome.runs.empty()) continue;
    std::map<double, std::vector<double>> values;
    for (const auto& run : outcome.runs)
      for (const auto& score : shown_test(run).scores.all)
        if (score.measure == sheet.metric().measure && score.by == by)
          values[bucket_middle(score.bucket)].push_back(score.accuracy());
    auto line = sheet.series(outcome.model);
    for (const auto& [x, all] : values) line.points.push_back({x, interquartile_mean(all)});
    panel.series.push_back(std::move(line));
  }
  return panel;
}

// The metric's own breakdowns, of the extrapolation test where there is one.
void draw_by_bucket(FigureSheet& sheet) {
  std::set<std::string> breakdowns;
  for (const auto& outcome : sheet.comparison().outcomes)
    for (const auto& run : outcome.runs)
      for (const auto& score : shown_test(run).scores.all)
        if (score.measure == sheet.metric().measure && !score.by.empty())
          breakdowns.insert(score.by);
  for (const auto& by : breakdowns) {
    LineFigure figure{.title = fmt::format("{} by {}", sheet.metric().name(), by), .panels = {}};
    for (const auto& cell : sheet.shown_cells())
      figure.panels.push_back(bucket_panel(sheet, by, cell));
    sheet.add("by_bucket_" + by, std::move(figure),
              sheet.comparison().extrapolation && sheet.comparison().extrapolation->by == by
                  ? "Interquartile mean over the seeds. Dotted: the longest rows in training; "
                    "beyond them the models have to generalise."
                  : "Interquartile mean over the seeds.");
  }
}

std::vector<double> collect_points(const std::vector<std::optional<int64_t>>& steps) {
  std::vector<double> points;
  for (const auto& step : steps)
    points.push_back(step ? static_cast<double>(*step) : std::numeric_limits<double>::infinity());
  return points;
}

// Every run: outcomes are often bimodal, which a mean hides.
void draw_every_run(FigureSheet& sheet, const std::string& cell) {
  const auto& comparison = sheet.comparison();
  const auto& metric = sheet.metric();
  StripFigure figure{.title = cell.empty() ? "Every run" : "Every run, " + cell,
                     .categories = {},
                     .panels = {},
                     .never = "not solved"};
  StripPanel judged{.y_label = metric.name(), .references = sheet.measure_references()};
  StripPanel steps{.y_label = "steps to solve"};
  judged.shares = !metric.by_loss();
  for (size_t i = 0; i < comparison.outcomes.size(); ++i) {
    const auto& outcome = comparison.outcomes[i];
    if (outcome.cell_text() != cell) continue;
    const auto& summary = comparison.summaries[i];
    figure.categories.push_back(outcome.model);
    figure.colors.push_back(sheet.find_color(outcome.model));
    auto& column = judged.columns.emplace_back();
    column.points = summary.values;
    if (!summary.values.empty())
      column.interval = StripInterval{summary.value.low, summary.value.centre, summary.value.high};
    if (metric.can_be_solved()) column.note = solved_text(summary) + " solved";
    steps.columns.emplace_back().points = collect_points(summary.steps_to_solve);
  }
  figure.panels.push_back(std::move(judged));
  if (metric.can_be_solved()) figure.panels.push_back(std::move(steps));
  sheet.add(cell.empty() ? "runs" : "runs_" + file_name(cell), figure,
            "A point per run; beside them the interquartile mean with its bootstrap interval.");
}

}  // namespace

void draw_scores(FigureSheet& sheet) {
  draw_by_axis(sheet);
  draw_by_bucket(sheet);
  const auto& outcomes = sheet.comparison().outcomes;
  if (std::none_of(outcomes.begin(), outcomes.end(),
                   [](const Outcome& one) { return one.runs.size() > 1; }))
    return;
  for (const auto& cell : sheet.shown_cells()) draw_every_run(sheet, cell);
}

}  // namespace heed
