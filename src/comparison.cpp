#include "src/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "src/console.h"
#include "src/console_table.h"
#include "src/report.h"
#include "src/run.h"
#include "train/file.h"

namespace heed {
namespace {

namespace fs = std::filesystem;

// The columns `step` and `val_loss` of a metrics.csv.
std::vector<LinePoint> learning_curve(const fs::path& metrics) {
  std::vector<LinePoint> curve;
  if (!fs::exists(metrics)) return curve;
  std::istringstream lines(read_file(metrics));
  const auto cells = [](const std::string& line) {
    std::vector<std::string> result;
    std::istringstream in(line);
    for (std::string cell; std::getline(in, cell, ',');) result.push_back(cell);
    return result;
  };
  std::string line;
  std::getline(lines, line);
  const auto header = cells(line);
  const auto loss =
      static_cast<size_t>(std::find(header.begin(), header.end(), "val_loss") - header.begin());
  while (std::getline(lines, line)) {
    const auto row = cells(line);
    if (row.size() > loss) curve.push_back({.x = std::stod(row[0]), .y = std::stod(row[loss])});
  }
  return curve;
}

std::vector<const Evaluation*> evaluations_of(const std::vector<Entry>& entries) {
  std::vector<const Evaluation*> result;
  for (const auto& entry : entries) result.push_back(&entry.evaluation);
  return result;
}

struct Breakdown {
  std::string measure, by;
};

// All breakdowns that any entry has, in the order of their appearance.
std::vector<Breakdown> breakdowns_of(const std::vector<Entry>& entries) {
  std::vector<Breakdown> result;
  for (const auto& entry : entries)
    for (const auto& score : entry.evaluation.scores) {
      const bool known = std::any_of(result.begin(), result.end(), [&score](const Breakdown& one) {
        return one.measure == score.measure && one.by == score.by;
      });
      if (!known) result.push_back({score.measure, score.by});
    }
  return result;
}

std::string percent(const Score* score) {
  return score ? fmt::format("{:.1f} %", 100 * score->accuracy()) : "-";
}

ConsoleTable main_table(const std::vector<Entry>& entries) {
  // A column of kinds says nothing where the runs are named after them.
  const bool names_say_it = std::all_of(
      entries.begin(), entries.end(), [](const Entry& entry) { return entry.name == entry.model; });
  const bool has_bound = entries.front().evaluation.exact_loss.has_value();
  const auto breakdowns = breakdowns_of(entries);
  std::vector<TableColumn> columns = {{"run"}};
  const auto right = [&columns](const std::string& name) {
    columns.push_back({.header = name, .align = Align::right});
  };
  if (!names_say_it) columns.push_back({"model"});
  right("parameters");
  right("val loss");
  if (has_bound) right("above bound");
  for (const auto& one : breakdowns)
    if (one.by.empty()) right(one.measure);
  right("tokens/s");
  if (names_say_it) right("seconds");  // else the table would be wider than a terminal
  ConsoleTable table(columns);
  for (const auto& entry : entries) {
    std::vector<std::string> row = {entry.name};
    if (!names_say_it) row.push_back(entry.model);
    row.push_back(grouped(entry.parameters));
    row.push_back(fmt::format("{:.4f}", entry.evaluation.loss));
    if (has_bound) row.push_back(fmt::format("{:.4f}", entry.evaluation.excess));
    for (const auto& one : breakdowns)
      if (one.by.empty()) row.push_back(percent(entry.evaluation.find(one.measure)));
    row.push_back(grouped(static_cast<int64_t>(entry.tokens_per_second)));
    if (names_say_it) row.push_back(fmt::format("{:.1f}", entry.train_seconds));
    table.add_row(row);
  }
  return table;
}

ConsoleTable breakdown_table(const std::vector<Entry>& entries, const Breakdown& breakdown) {
  const auto buckets = buckets_of(evaluations_of(entries), breakdown.measure, breakdown.by);
  std::vector<TableColumn> columns = {{fmt::format("{} by {}", breakdown.measure, breakdown.by)}};
  for (const auto& bucket : buckets) columns.push_back({.header = bucket, .align = Align::right});
  ConsoleTable table(columns);
  for (const auto& entry : entries) {
    std::vector<std::string> row = {entry.name};
    for (const auto& bucket : buckets)
      row.push_back(percent(entry.evaluation.find(breakdown.measure, breakdown.by, bucket)));
    table.add_row(row);
  }
  std::vector<std::string> counts = {"asked"};
  for (const auto& bucket : buckets) {
    const auto* score = entries.front().evaluation.find(breakdown.measure, breakdown.by, bucket);
    counts.push_back(score ? grouped(score->asked) : "-");
  }
  table.add_row(counts);
  return table;
}

}  // namespace

Entry measure(const fs::path& path) {
  const auto run = open_run(path);
  Entry entry{.name = run.config.name,
              .model = run.config.model_kind,
              .parameters = run.model->parameter_count(),
              .bound = run.config.task->bound(),
              .evaluation = evaluate(*run.model, *run.config.task, Split::validation),
              .curve = learning_curve(run.directory.metrics())};
  if (fs::exists(run.directory.summary())) {
    const auto summary = nlohmann::json::parse(read_file(run.directory.summary()));
    entry.tokens_per_second = summary.value("tokens_per_second", 0.0);
    entry.train_seconds = summary.value("train_seconds", 0.0);
    entry.steps = summary.value("steps", int64_t{0});
  }
  return entry;
}

std::string to_text(const std::vector<Entry>& entries) {
  auto text = main_table(entries).to_text();
  for (const auto& breakdown : breakdowns_of(entries))
    if (!breakdown.by.empty()) text += "\n" + breakdown_table(entries, breakdown).to_text();
  const auto& first = entries.front();
  double largest_error = 0;
  for (const auto& entry : entries)
    largest_error = std::max(largest_error, entry.evaluation.excess_error);
  if (first.bound)
    text += fmt::format(
        "\nThe task's entropy bound is {:.4f} nats per token. \"above bound\" is measured\n"
        "against the exact predictor on the same tokens, ± {:.4f} at most.\n",
        *first.bound, largest_error);
  return text;
}

std::string to_csv(const std::vector<Entry>& entries) {
  std::vector<TableColumn> columns;
  for (const char* name :
       {"run", "model", "parameters", "steps", "train_seconds", "tokens_per_second", "tokens",
        "val_loss", "val_loss_error", "bound", "excess", "excess_error"})
    columns.push_back({name});
  std::vector<Score> all;
  for (const auto& one : breakdowns_of(entries))
    for (const auto& bucket : one.by.empty()
                                  ? std::vector<std::string>{""}
                                  : buckets_of(evaluations_of(entries), one.measure, one.by)) {
      all.push_back({.measure = one.measure, .by = one.by, .bucket = bucket});
      columns.push_back(
          {one.by.empty() ? one.measure : fmt::format("{}_{}_{}", one.measure, one.by, bucket)});
    }
  ConsoleTable table(columns);
  for (const auto& entry : entries) {
    const auto& e = entry.evaluation;
    std::vector<std::string> row = {entry.name,
                                    entry.model,
                                    fmt::to_string(entry.parameters),
                                    fmt::to_string(entry.steps),
                                    fmt::to_string(entry.train_seconds),
                                    fmt::to_string(entry.tokens_per_second),
                                    fmt::to_string(e.tokens),
                                    fmt::to_string(e.loss),
                                    fmt::to_string(e.standard_error),
                                    entry.bound ? fmt::to_string(*entry.bound) : "",
                                    e.exact_loss ? fmt::to_string(e.excess) : "",
                                    e.exact_loss ? fmt::to_string(e.excess_error) : ""};
    for (const auto& key : all) {
      const auto* score = e.find(key.measure, key.by, key.bucket);
      row.push_back(score ? fmt::to_string(score->accuracy()) : "");
    }
    table.add_row(row);
  }
  return table.to_csv();
}

void draw_learning_curves(const std::vector<Entry>& entries, const fs::path& stem) {
  LineFigure figure{
      .title = "validation loss", .x_label = "step", .y_label = "nats per token", .series = {}};
  for (const auto& entry : entries)
    figure.series.push_back({.name = entry.name, .points = entry.curve});
  if (entries.front().bound)
    figure.reference = ReferenceLine{.label = "entropy bound", .y = *entries.front().bound};
  write_line_figure(figure, stem);
}

}  // namespace heed
