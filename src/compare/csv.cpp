#include "src/compare/csv.h"

#include <fmt/format.h>

#include <algorithm>

#include "src/console/console_table.h"

namespace heed {
namespace {

using Cells = std::vector<std::pair<std::string, std::string>>;  // column, value

std::string scored(const std::string& split, const Score& score) {
  return score.by.empty()
             ? fmt::format("{}_{}", split, score.measure)
             : fmt::format("{}_{}_{}_{}", split, score.measure, score.by, score.bucket);
}

void add_evaluation(const std::string& split, const Evaluation& e, Cells& cells) {
  if (e.rows < 1) return;
  cells.emplace_back(split + "_tokens", fmt::to_string(e.tokens));
  cells.emplace_back(split + "_loss", fmt::to_string(e.loss));
  cells.emplace_back(split + "_loss_error", fmt::to_string(e.standard_error));
  if (e.exact_loss) {
    cells.emplace_back(split + "_excess", fmt::to_string(e.excess));
    cells.emplace_back(split + "_excess_error", fmt::to_string(e.excess_error));
  }
  for (const auto& score : e.scores.all)
    cells.emplace_back(scored(split, score), fmt::to_string(score.accuracy()));
}

bool chosen(const Comparison& comparison, const RunResult& result) {
  return std::any_of(
      comparison.outcomes.begin(), comparison.outcomes.end(), [&](const Outcome& outcome) {
        return std::any_of(outcome.runs.begin(), outcome.runs.end(),
                           [&](const RunResult& run) { return run.name == result.name; });
      });
}

Cells collect_cells(const Comparison& comparison, const RunResult& result) {
  Cells cells = {{"run", result.name}};
  for (const auto& axis : comparison.axes) cells.emplace_back(axis.name, result.label(axis.name));
  cells.emplace_back("failure", result.failure);
  if (!result.failure.empty()) return cells;
  const auto steps = steps_to_solve(result, comparison.metric);
  const double value = comparison.metric.value(result.final_evaluation());
  for (auto& cell : Cells{{"chosen", chosen(comparison, result) ? "1" : "0"},
                          {"task", result.task_kind},
                          {"kind", result.model_kind},
                          {"width", fmt::to_string(result.width)},
                          {"parameters", fmt::to_string(result.parameters)},
                          {"steps", fmt::to_string(result.steps)},
                          {"tokens", fmt::to_string(result.tokens)},
                          {"train_seconds", fmt::to_string(result.train_seconds)},
                          {"tokens_per_second", fmt::to_string(result.tokens_per_second)},
                          {"bound", result.bound ? fmt::to_string(*result.bound) : ""},
                          {"solved", comparison.metric.solved(value) ? "1" : "0"},
                          {"steps_to_solve", steps ? fmt::to_string(*steps) : ""}})
    cells.push_back(std::move(cell));
  add_evaluation("validation", result.validation, cells);
  add_evaluation("test", result.test, cells);
  if (result.extrapolation) add_evaluation("extrapolation", *result.extrapolation, cells);
  return cells;
}

}  // namespace

std::string to_csv(const Comparison& comparison) {
  std::vector<Cells> rows;
  std::vector<TableColumn> columns;
  for (const auto& result : comparison.results) {
    rows.push_back(collect_cells(comparison, result));
    for (const auto& cell : rows.back())
      if (std::none_of(columns.begin(), columns.end(),
                       [&cell](const TableColumn& column) { return column.header == cell.first; }))
        columns.push_back({cell.first});
  }
  ConsoleTable table(columns);
  for (const auto& row : rows) {
    std::vector<std::string> cells;
    for (const auto& column : columns) {
      const auto found = std::find_if(row.begin(), row.end(), [&column](const auto& cell) {
        return cell.first == column.header;
      });
      cells.push_back(found == row.end() ? "" : found->second);
    }
    table.add_row(cells);
  }
  return table.to_csv();
}

}  // namespace heed
