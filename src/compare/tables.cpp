#include "src/compare/tables.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "src/compare/conclusion.h"
#include "src/console/console.h"
#include "src/pages/evaluation_report.h"

namespace heed {
namespace {

// A measure, or one of its breakdowns, of the test or of the extrapolation test.
struct Breakdown {
  std::string measure, by;
  bool extrapolation = false;
  bool operator==(const Breakdown&) const = default;

  const Evaluation* of(const RunResult& result) const {
    if (!extrapolation) return &result.final_evaluation();
    return result.extrapolation ? &*result.extrapolation : nullptr;
  }
};

void add_breakdowns(const Evaluation& evaluation, bool extrapolation, std::vector<Breakdown>& all) {
  for (const auto& score : evaluation.scores) {
    const Breakdown one{.measure = score.measure, .by = score.by, .extrapolation = extrapolation};
    if (std::find(all.begin(), all.end(), one) == all.end()) all.push_back(one);
  }
}

std::vector<Breakdown> list_breakdowns(const Comparison& comparison) {
  std::vector<Breakdown> all;
  for (const auto& result : comparison.results)
    if (result.failure.empty()) add_breakdowns(result.final_evaluation(), false, all);
  for (const auto& result : comparison.results)
    if (result.extrapolation) add_breakdowns(*result.extrapolation, true, all);
  return all;
}

std::vector<std::string> list_buckets(const Comparison& comparison, const Breakdown& breakdown) {
  std::vector<const Evaluation*> evaluations;
  for (const auto& result : comparison.results)
    if (const auto* evaluation = breakdown.of(result)) evaluations.push_back(evaluation);
  return list_buckets(evaluations, breakdown.measure, breakdown.by);
}

// The interquartile mean over an outcome's runs of one score.
std::string score_text(const Outcome& outcome, const Breakdown& breakdown,
                       const std::string& bucket) {
  std::vector<double> values;
  for (const auto& run : outcome.runs)
    if (const auto* evaluation = breakdown.of(run))
      if (const auto* score = evaluation->find(breakdown.measure, breakdown.by, bucket))
        values.push_back(score->accuracy());
  return values.empty() ? "-" : fmt::format("{:.1f} %", 100 * interquartile_mean(values));
}

std::vector<double> of_runs(const Outcome& outcome, double (*value)(const RunResult&)) {
  std::vector<double> values;
  for (const auto& run : outcome.runs) values.push_back(value(run));
  return values;
}

std::string interval_text(const Interval& interval, const Metric& metric, bool several) {
  const auto centre = metric.value_text(interval.centre);
  if (!several || centre == "-" || interval.low == interval.high) return centre;
  return metric.by_loss()
             ? fmt::format("{} [{:.4f}, {:.4f}]", centre, interval.low, interval.high)
             : fmt::format("{} [{:.0f}, {:.0f}]", centre, 100 * interval.low, 100 * interval.high);
}

bool several_seeds(const Comparison& comparison) {
  return std::any_of(comparison.axes.begin(), comparison.axes.end(), [](const GridAxis& axis) {
    return axis.name == "seed" && axis.choices.size() > 1;
  });
}

TableColumn right(const std::string& header) { return {.header = header, .align = Align::right}; }

// A column of the main table and what stands in it for outcome number i.
struct Column {
  TableColumn head;
  std::function<std::string(size_t)> cell;
};

class MainTable {
 public:
  explicit MainTable(const Comparison& comparison) : c_(comparison) {}

  ConsoleTable table() {
    add_names();
    add_losses();
    add_measures();
    if (several_seeds(c_) && c_.metric.can_be_solved()) add_solved();
    if (!several_seeds(c_)) add_speed();
    std::vector<TableColumn> heads;
    for (const auto& column : columns_) heads.push_back(column.head);
    ConsoleTable table(heads);
    for (size_t i = 0; i < c_.outcomes.size(); ++i) {
      std::vector<std::string> row;
      for (const auto& column : columns_) row.push_back(column.cell(i));
      table.add_row(row);
    }
    return table;
  }

 private:
  void add(TableColumn head, std::function<std::string(size_t)> cell) {
    columns_.push_back({std::move(head), std::move(cell)});
  }

  const RunResult* run(size_t i) const {
    const auto& runs = c_.outcomes[i].runs;
    return runs.empty() ? nullptr : &runs.front();
  }

  void add_names() {
    add({"model"}, [this](size_t i) { return c_.outcomes[i].model; });
    for (size_t a = 0; a < c_.outcomes.front().cell.size(); ++a)
      add(right(short_name(c_.outcomes.front().cell[a].first)),
          [this, a](size_t i) { return c_.outcomes[i].cell[a].second; });
    for (size_t a = 0; a < c_.outcomes.front().chosen.size(); ++a)
      add(right("best " + short_name(c_.outcomes.front().chosen[a].first)),
          [this, a](size_t i) { return c_.outcomes[i].chosen[a].second; });
    add(right(several_seeds(c_) ? "params" : "parameters"),
        [this](size_t i) { return run(i) ? with_thousands(run(i)->parameters) : "-"; });
  }

  void add_losses() {
    const auto* any = c_.any_run();
    const std::string split = any->test.rows > 0 ? "test" : "val";
    const Metric loss{.measure = "loss", .unit = any->unit};
    // What is above the bound says it, where one is known and columns are many.
    const bool excess_says_it = any->final_evaluation().exact_loss && several_seeds(c_);
    if (!c_.metric.by_loss() && !excess_says_it)
      add(right(fmt::format("{} {}", split, loss.name())), [this, loss](size_t i) {
        std::vector<double> values;
        for (const auto& one : c_.outcomes[i].runs)
          values.push_back(loss.value(one.final_evaluation()));
        return loss.value_text(interquartile_mean(values));
      });
    if (any->final_evaluation().exact_loss)
      add(right("above bound"), [this](size_t i) {
        return fmt::format("{:.4f}",
                           interquartile_mean(of_runs(c_.outcomes[i], [](const RunResult& one) {
                             return one.final_evaluation().excess;
                           })));
      });
    // What runs are judged by, with its interval.
    add(right(c_.metric.by_loss() ? fmt::format("{} {}", split, c_.metric.name())
                                  : c_.metric.name()),
        [this](size_t i) {
          return interval_text(c_.summaries[i].value, c_.metric, several_seeds(c_));
        });
  }

  void add_measures() {
    for (const auto& one : list_breakdowns(c_))
      if (one.by.empty() && one.measure != c_.metric.measure && !one.extrapolation)
        add(right(one.measure),
            [this, one](size_t i) { return score_text(c_.outcomes[i], one, ""); });
    if (!c_.extrapolation || c_.metric.by_loss()) return;
    add(right(c_.extrapolation->name()), [this](size_t i) {
      std::vector<double> values;
      for (const auto& one : c_.outcomes[i].runs)
        values.push_back(beyond(one, *c_.extrapolation, c_.metric.measure));
      return c_.metric.value_text(interquartile_mean(values));
    });
  }

  void add_speed() {
    add(right("tokens/s"), [this](size_t i) {
      return run(i) ? with_thousands(static_cast<int64_t>(run(i)->tokens_per_second)) : "-";
    });
    add(right("seconds"),
        [this](size_t i) { return run(i) ? fmt::format("{:.1f}", run(i)->train_seconds) : "-"; });
  }

  void add_solved() {
    add(right("solved"), [this](size_t i) { return solved_text(c_.summaries[i]); });
    add(right("steps to solve"), [this](size_t i) {
      const auto& steps = c_.summaries[i].median_steps;
      return steps ? with_thousands(static_cast<int64_t>(*steps)) : "-";
    });
  }

  const Comparison& c_;
  std::vector<Column> columns_;
};

ConsoleTable list(const std::string& title, const std::vector<std::string>& lines) {
  ConsoleTable table({{title}});
  for (const auto& line : lines) table.add_row({line});
  return table;
}

// A row a bucket and a column a model where the buckets are too many for a line.
ConsoleTable long_table(const std::string& head, const std::string& title,
                        const std::vector<std::string>& buckets,
                        const std::vector<std::vector<std::string>>& rows) {
  std::vector<TableColumn> columns = {{head}};
  for (const auto& row : rows) columns.push_back(right(row.front()));
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
      const auto* evaluation = breakdown.of(outcome.runs.front());
      const auto* score =
          evaluation ? evaluation->find(breakdown.measure, breakdown.by, bucket) : nullptr;
      counts.push_back(score ? with_thousands(score->total) : "-");
    }
  }
  if (counts.size() > 1) rows.push_back(counts);
  const auto titled = fmt::format("{}", fmt::join(title, ", "));
  if (buckets.size() > most_columns) return long_table(head, titled, buckets, rows);
  std::vector<TableColumn> columns = {{head}};
  for (const auto& bucket : buckets) columns.push_back(right(bucket));
  ConsoleTable table(columns, titled);
  for (const auto& row : rows) table.add_row(row);
  return table;
}

// The metric's value by the numbers of an axis, a row a model (and place of the other axes).
ConsoleTable axis_table(const Comparison& comparison, const GridAxis& axis) {
  std::vector<TableColumn> columns = {
      {fmt::format("{} by {}", comparison.metric.name(), short_name(axis.name))}};
  for (const auto& choice : axis.choices) columns.push_back(right(choice.label));
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

ConsoleTable main_table(const Comparison& comparison) { return MainTable(comparison).table(); }

std::vector<ConsoleTable> detail_tables(const Comparison& comparison) {
  std::vector<ConsoleTable> tables;
  if (const auto* axis = comparison.numeric_axis()) tables.push_back(axis_table(comparison, *axis));
  const auto cells = comparison.cells();
  for (const auto& cell : cells)
    for (const auto& breakdown : list_breakdowns(comparison)) {
      if (breakdown.by.empty()) continue;
      // Where the extrapolation test shows the same in more detail, it is enough.
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
    for (const auto length : lengths) columns.push_back(right(with_thousands(length)));
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
      table("ms a step, by length",
            [](const LengthCost& one) { return fmt::format("{:.1f}", 1000 * one.step_seconds); }),
      table("MiB a step, by length",
            [](const LengthCost& one) { return fmt::format("{:.1f}", one.mebibytes); }),
      table("numbers carried in inference", [](const LengthCost& one) {
        return one.state_numbers ? with_thousands(*one.state_numbers) : "-";
      })};
}

std::string to_text(const Comparison& comparison) {
  auto text = main_table(comparison).to_text();
  for (const auto& table : detail_tables(comparison)) text += "\n" + table.to_text();
  for (const auto& table : cost_tables(comparison)) text += "\n" + table.to_text();
  if (const auto* run = comparison.any_run(); run->bound)
    text += fmt::format(
        "\nThe task's entropy bound is {:.4f} nats per token. \"above bound\" is measured\n"
        "against the exact predictor on the same tokens.\n",
        *run->bound);
  const auto conclusion = conclude(comparison), failures = list_failures(comparison);
  if (!conclusion.empty()) text += "\n" + list("who is ahead", conclusion).to_text();
  if (!failures.empty()) text += "\n" + list("what failed", failures).to_text();
  return text;
}

}  // namespace heed
