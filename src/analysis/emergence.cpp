#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "src/analysis/figures.h"
#include "src/analysis/head_id.h"
#include "src/analysis/head_measure.h"
#include "src/figures/line_figure.h"
#include "src/files/csv_file.h"

namespace heed {
namespace {

// A measure that reaches this value at some step gets a panel, and a head a line of its own.
constexpr double noticed = 0.4;
constexpr size_t most_panels = 5;
constexpr size_t named_lines = 10;  // other heads are thin lines

using Curves = std::map<std::string, std::vector<LinePoint>>;  // by head

double highest(const std::vector<LinePoint>& curve) {
  double high = 0;
  for (const auto& point : curve) high = std::max(high, std::isnan(point.y) ? 0 : point.y);
  return high;
}

double highest(const Curves& curves) {
  double high = 0;
  for (const auto& [head, curve] : curves) high = std::max(high, highest(curve));
  return high;
}

std::string head_name(const CsvFile& file, const std::vector<std::string>& row) {
  const auto number = [&](const std::string& name) {
    return static_cast<int64_t>(parse_number(file.cell(row, name)));
  };
  const LayerId layer_id{.kind = kind_named(file.cell(row, "kind")), .layer = number("layer")};
  return to_string(HeadId{.layer_id = layer_id, .head = number("head")});
}

// Drawn over the steps are patterns and the links that heads hit.
bool is_drawn(const std::string& column) {
  const auto* measure = find_head_measure(column);
  return column.starts_with("hit_") || (measure && measure->is_pattern());
}

std::vector<std::pair<std::string, Curves>> noticed_measures(const CsvFile& file) {
  std::vector<std::pair<std::string, Curves>> found;
  for (const auto& column : file.header) {
    if (!is_drawn(column)) continue;
    Curves curves;
    for (const auto& row : file.rows)
      curves[head_name(file, row)].push_back(
          {parse_number(file.cell(row, "step")), parse_number(file.cell(row, column))});
    if (highest(curves) >= noticed) found.emplace_back(column, std::move(curves));
  }
  if (found.size() > most_panels) found.resize(most_panels);
  return found;
}

// The heads that reach the largest values in any panel.
std::vector<std::string> named_heads(const std::vector<std::pair<std::string, Curves>>& measures) {
  std::map<std::string, double> reach;
  for (const auto& [measure, curves] : measures)
    for (const auto& [head, curve] : curves) reach[head] = std::max(reach[head], highest(curve));
  std::vector<std::string> heads;
  for (const auto& [head, high] : reach)
    if (high >= noticed) heads.push_back(head);
  std::stable_sort(heads.begin(), heads.end(),
                   [&](const auto& a, const auto& b) { return reach[a] > reach[b]; });
  if (heads.size() > named_lines) heads.resize(named_lines);
  std::sort(heads.begin(), heads.end());
  return heads;
}

LinePanel make_panel(const std::string& measure, const Curves& curves,
                     const std::vector<std::string>& named) {
  const bool link = measure.starts_with("hit_");
  LinePanel panel{.title = link ? measure.substr(4) : measure,
                  .x_label = "step",
                  .y_label = link ? "links hit" : "weight",
                  .y_range = Span{.low = 0, .high = 1}};
  for (const auto& head : named) panel.series.push_back({.name = head, .points = curves.at(head)});
  LineSeries others{.name = "other heads"};
  for (const auto& [head, curve] : curves)
    if (std::find(named.begin(), named.end(), head) == named.end()) others.faint.push_back(curve);
  if (!others.faint.empty()) panel.series.push_back(others);
  return panel;
}

LinePanel loss_panel(const std::filesystem::path& metrics) {
  const auto file = read_csv(metrics);
  LineSeries loss{.name = "validation loss", .color = 6, .dash = 2};
  for (const auto& row : file.rows)
    loss.points.push_back(
        {parse_number(file.cell(row, "step")), parse_number(file.cell(row, "val_loss"))});
  return {.title = "validation loss", .x_label = "step", .y_label = "loss", .series = {loss}};
}

}  // namespace

bool draw_emergence(const std::filesystem::path& folder, const std::filesystem::path& metrics,
                    const std::string& name, const std::filesystem::path& stem) {
  const auto measures = noticed_measures(read_csv(folder / "heads_by_step.csv"));
  if (measures.empty()) return false;
  const auto named = named_heads(measures);
  LineFigure figure{.title = name + ": when heads form", .panels = {}};
  for (const auto& [measure, curves] : measures)
    figure.panels.push_back(make_panel(measure, curves, named));
  figure.panels.push_back(loss_panel(metrics));
  write_line_figure(figure, stem);
  return true;
}

}  // namespace heed
