#include "src/compare/tables.h"

#include <fmt/format.h>

#include <functional>

#include "src/compare/breakdown.h"
#include "src/compare/conclusion.h"
#include "src/console/console.h"

namespace heed {
namespace {

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

// A column of the main table and its cell for each outcome.
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
      add(number_column(short_name(c_.outcomes.front().cell[a].first)),
          [this, a](size_t i) { return c_.outcomes[i].cell[a].second; });
    for (size_t a = 0; a < c_.outcomes.front().chosen.size(); ++a)
      add(number_column("best " + short_name(c_.outcomes.front().chosen[a].first)),
          [this, a](size_t i) { return c_.outcomes[i].chosen[a].second; });
    add(number_column(several_seeds(c_) ? "params" : "parameters"),
        [this](size_t i) { return run(i) ? with_thousands(run(i)->parameters) : "-"; });
  }

  void add_losses() {
    const auto* any = c_.any_run();
    const std::string split = any->test.rows > 0 ? "test" : "val";
    const Metric loss{.measure = "loss", .unit = any->unit};
    // Where columns are many, the excess replaces the loss.
    const bool excess_only = any->final_evaluation().exact_loss && several_seeds(c_);
    if (!c_.metric.by_loss() && !excess_only)
      add(number_column(fmt::format("{} {}", split, loss.name())), [this, loss](size_t i) {
        std::vector<double> values;
        for (const auto& one : c_.outcomes[i].runs)
          values.push_back(loss.value(one.final_evaluation()));
        return loss.value_text(interquartile_mean(values));
      });
    if (any->final_evaluation().exact_loss)
      add(number_column("excess loss"), [this](size_t i) {
        return fmt::format("{:.4f}",
                           interquartile_mean(of_runs(c_.outcomes[i], [](const RunResult& one) {
                             return one.final_evaluation().excess;
                           })));
      });
    add(number_column(c_.metric.by_loss() ? fmt::format("{} {}", split, c_.metric.name())
                                          : c_.metric.name()),
        [this](size_t i) {
          return interval_text(c_.summaries[i].value, c_.metric, several_seeds(c_));
        });
  }

  void add_measures() {
    for (const auto& one : list_breakdowns(c_))
      if (one.by.empty() && one.measure != c_.metric.measure && !one.extrapolation)
        add(number_column(one.measure),
            [this, one](size_t i) { return score_text(c_.outcomes[i], one, ""); });
    if (!c_.extrapolation || c_.metric.by_loss()) return;
    add(number_column(c_.extrapolation->name()), [this](size_t i) {
      std::vector<double> values;
      for (const auto& one : c_.outcomes[i].runs)
        values.push_back(beyond(one, *c_.extrapolation, c_.metric.measure));
      return c_.metric.value_text(interquartile_mean(values));
    });
  }

  void add_speed() {
    add(number_column("tokens/s"), [this](size_t i) {
      return run(i) ? with_thousands(static_cast<int64_t>(run(i)->tokens_per_second)) : "-";
    });
    add(number_column("seconds"),
        [this](size_t i) { return run(i) ? fmt::format("{:.1f}", run(i)->train_seconds) : "-"; });
  }

  void add_solved() {
    add(number_column("solved"), [this](size_t i) { return solved_text(c_.summaries[i]); });
    add(number_column("steps to solve"), [this](size_t i) {
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

}  // namespace

ConsoleTable main_table(const Comparison& comparison) { return MainTable(comparison).table(); }

std::string to_text(const Comparison& comparison) {
  auto text = main_table(comparison).to_text();
  for (const auto& table : detail_tables(comparison)) text += "\n" + table.to_text();
  for (const auto& table : cost_tables(comparison)) text += "\n" + table.to_text();
  if (const auto* run = comparison.any_run(); run->bound)
    text += fmt::format(
        "\nThe entropy of the task is {:.4f} nats per token. \"excess loss\" is the loss\n"
        "above that of the exact predictor on the same tokens.\n",
        *run->bound);
  const auto conclusion = conclude(comparison), failures = list_failures(comparison);
  if (!conclusion.empty()) text += "\n" + list("who is ahead", conclusion).to_text();
  if (!failures.empty()) text += "\n" + list("what failed", failures).to_text();
  return text;
}

}  // namespace heed
