#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "src/compare/breakdown.h"
#include "src/compare/tables.h"
#include "src/console/console.h"

namespace heed {
namespace {

// A row per bucket and a column per model, for buckets that are too many for a line.
ConsoleTable long_table(const std::string& head, const std::string& title,
                        const std::vector<std::string>& buckets,
                        const std::vector<std::vector<std::string>>& rows) {
  std::vector<TableColumn> columns = {{head}};
  for (const auto& row : rows) columns.push_back(number_column(row.front()));
  ConsoleTable table(columns, title);
  for (size_t i = 0; i < buckets.size(); ++i) {
    std::vector<std::string> cells = {buckets[i]};
    for (const auto& row : rows) cells.push_back(row[i + 1]);
    table.add_row(cells);
  }
  return table;
}

ConsoleTable breakdown_table(const Comparison& comparison, const Breakdown& breakdown,
                             const std::string& cell) {
  constexpr size_t most_columns = 8;
  const auto buckets = list_buckets(comparison, breakdown);
  const auto head = fmt::format("{} by {}", breakdown.measure, breakdown.by);
  std::vector<std::string> title;
  if (breakdown.extrapolation && comparison.extrapolation)
    title.push_back(
        fmt::format("tested with {}", fmt::join(comparison.extrapolation->settings, ", ")));
  if (!cell.empty()) title.push_back(cell);
  std::vector<std::vector<std::string>> rows;
  std::vector<std::string> counts = {"total"};
  for (const auto& outcome : comparison.outcomes) {
    if (outcome.cell_text() != cell) continue;
    rows.push_back({outcome.model});
    for (const auto& bucket : buckets)
      rows.back().push_back(score_text(outcome, breakdown, bucket));
    if (counts.size() > 1 || outcome.runs.empty()) continue;
    for (const auto& bucket : buckets) {
      const auto* evaluation = breakdown.find(outcome.runs.front());
      const auto* score =
          evaluation ? evaluation->find(breakdown.measure, breakdown.by, bucket) : nullptr;
      counts.push_back(score ? with_thousands(score->total) : "-");
    }
  }
  if (counts.size() > 1) rows.push_back(counts);
  const auto titled = fmt::format("{}", fmt::join(title, ", "));
  if (buckets.size() > most_columns) return long_table(head, titled, buckets, rows);
  std::vector<TableColumn> columns = {{head}};
  for (const auto& bucket : buckets) columns.push_back(number_column(bucket));
  ConsoleTable table(columns, titled);
  for (const auto& row : rows) table.add_row(row);
  return table;
}

// The metric by the numbers of an axis, a row per model and point of the other axes.
ConsoleTable axis_table(const Comparison& comparison, const GridAxis& axis) {
  std::vector<TableColumn> columns = {
      {fmt::format("{} by {}", comparison.metric.name(), short_name(axis.name))}};
  for (const auto& choice : axis.choices) columns.push_back(number_column(choice.label));
  ConsoleTable table(columns);
  std::vector<std::pair<std::string, std::vector<std::string>>> rows;
  for (size_t i = 0; i < comparison.outcomes.size(); ++i) {
    const auto& outcome = comparison.outcomes[i];
    std::string name = outcome.model, label;
    for (const auto& [other, value] : outcome.cell)
      if (other == axis.name)
        label = value;
      else
        name += fmt::format(", {} {}", short_name(other), value);
    auto row =
        std::find_if(rows.begin(), rows.end(), [&](const auto& r) { return r.first == name; });
    if (row == rows.end())
      row = rows.insert(rows.end(), {name, std::vector<std::string>(axis.choices.size(), "-")});
    for (size_t c = 0; c < axis.choices.size(); ++c)
      if (axis.choices[c].label == label)
        row->second[c] = comparison.metric.value_text(comparison.summaries[i].value.centre);
  }
  for (auto& [name, cells] : rows) {
    cells.insert(cells.begin(), name);
    table.add_row(cells);
  }
  return table;
}

}  // namespace

std::vector<ConsoleTable> detail_tables(const Comparison& comparison) {
  std::vector<ConsoleTable> tables;
  if (const auto* axis = comparison.numeric_axis()) tables.push_back(axis_table(comparison, *axis));
  const auto cells = comparison.cells();
  for (const auto& cell : cells)
    for (const auto& breakdown : list_breakdowns(comparison)) {
      if (breakdown.by.empty()) continue;
      // The extrapolation test shows the same in more detail.
      if (!breakdown.extrapolation && comparison.extrapolation &&
          breakdown.by == comparison.extrapolation->by)
        continue;
      tables.push_back(breakdown_table(comparison, breakdown, cell));
    }
  return tables;
}

std::vector<ConsoleTable> cost_tables(const Comparison& comparison) {
  std::vector<int64_t> lengths;
  for (const auto& [model, costs] : comparison.costs)
    for (const auto& cost : costs)
      if (std::find(lengths.begin(), lengths.end(), cost.length) == lengths.end())
        lengths.push_back(cost.length);
  std::sort(lengths.begin(), lengths.end());
  if (lengths.empty()) return {};
  const auto table = [&](const std::string& title, auto text) {
    std::vector<TableColumn> columns = {{title}};
    for (const auto length : lengths) columns.push_back(number_column(with_thousands(length)));
    ConsoleTable made(columns);
    for (const auto& model : comparison.models()) {
      const auto known = comparison.costs.find(model);
      if (known == comparison.costs.end()) continue;
      const auto& costs = known->second;
      std::vector<std::string> row = {model};
      for (const auto length : lengths) {
        const auto found = std::find_if(costs.begin(), costs.end(),
                                        [&](const auto& one) { return one.length == length; });
        row.push_back(found == costs.end() ? "-" : text(*found));
      }
      made.add_row(row);
    }
    return made;
  };
  return {
      table("ms per step, by length",
            [](const LengthCost& one) { return fmt::format("{:.1f}", 1000 * one.step_seconds); }),
      table("MiB per step, by length",
            [](const LengthCost& one) { return fmt::format("{:.1f}", one.mebibytes); }),
      table("state in inference, numbers", [](const LengthCost& one) {
        return one.state_numbers ? with_thousands(*one.state_numbers) : "-";
      })};
}

}  // namespace heed
