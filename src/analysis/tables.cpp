#include "src/analysis/tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "src/analysis/head_measure.h"

namespace heed {
namespace {

std::string number(double value, int digits = 2) {
  return std::isnan(value) ? "-" : fmt::format("{:.{}f}", value, digits);
}

std::string signed_number(double value) {
  if (std::isnan(value)) return "-";
  // A number that rounds to zero has no sign.
  return std::abs(value) < 0.0005 ? "0.000" : fmt::format("{:+.3f}", value);
}

std::string share_text(double share) {
  return std::isnan(share) ? "-" : fmt::format("{:.1f} %", 100 * share);
}

// A head without a role is described by what it does most.
std::string describe_role(const HeadRole& role) {
  return role.role == "mixed" && !role.evidence.measure.empty()
             ? fmt::format("mixed ({})", role.evidence.measure)
             : role.role;
}

bool has_loss_on_links(const Analysis& analysis) { return analysis.loss_on_links.sentences > 0; }

}  // namespace

ConsoleTable heads_table(const Analysis& analysis) {
  const bool on_links = has_loss_on_links(analysis);
  std::vector<TableColumn> columns = {{"head"},
                                      {"role"},
                                      {"score", Align::right},
                                      {"untrained", Align::right},
                                      {"zero", Align::right},
                                      {"mean", Align::right}};
  if (on_links) columns.push_back({"on links", Align::right});
  if (analysis.accuracy) columns.push_back({analysis.measure, Align::right});
  columns.push_back({"grad.", Align::right});
  ConsoleTable table(columns,
                     "What each head does, and the loss increase with its output at zero or mean");
  for (const auto* head : heads_by_cost(analysis)) {
    const auto& importance = head->importance;
    std::vector<std::string> row = {to_string(head->head),
                                    describe_role(head->role),
                                    number(head->role.evidence.value),
                                    number(head->role.evidence.untrained),
                                    signed_number(importance.zero.all.mean),
                                    signed_number(importance.mean.all.mean)};
    if (on_links) row.push_back(signed_number(importance.mean.loss_on_links.mean));
    if (analysis.accuracy) row.push_back(share_text(importance.mean.measure.value_or(no_number)));
    row.push_back(number(importance.gradient.mean, 3));
    table.add_row(std::move(row));
  }
  return table;
}

ConsoleTable places_table(const Analysis& analysis) {
  std::vector<const HeadMeasure*> measures;  // those that some head has
  std::vector<TableColumn> columns = {{"head"}};
  for (const auto& measure : head_measures()) {
    const bool known = std::any_of(
        analysis.heads.begin(), analysis.heads.end(),
        [&measure](const auto& head) { return !std::isnan(head.trained.mean(measure.name)); });
    if (measure.heading.empty() || !known) continue;
    measures.push_back(&measure);
    columns.push_back({measure.heading, Align::right});
  }
  ConsoleTable table(columns, "Where each head looks, and where it looked before training");
  for (const auto& head : analysis.heads) {
    std::vector<std::string> now = {to_string(head.head)}, before = {"  untrained"};
    for (const auto* measure : measures) {
      now.push_back(number(head.trained.mean(measure->name), measure->digits));
      before.push_back(number(head.untrained.mean(measure->name), measure->digits));
    }
    table.add_row(std::move(now));
    table.add_row(std::move(before));
  }
  return table;
}

std::vector<ConsoleTable> link_tables(const Analysis& analysis) {
  std::vector<ConsoleTable> tables;
  for (const auto& kind : analysis.survey.links) {
    ConsoleTable table({{"head or rule"},
                        {"hits", Align::right},
                        {"weight on them", Align::right},
                        {"hits untrained", Align::right}},
                       fmt::format("{}: from {} to {}; {} links", kind.kind.name, kind.kind.from,
                                   kind.kind.to, kind.links));
    std::vector<std::pair<double, std::vector<std::string>>> rows;
    for (const auto& report : analysis.heads)
      for (size_t i = 0; i < report.links.size(); ++i) {
        const auto& link = report.links[i];
        if (link.name != kind.kind.name) continue;
        rows.emplace_back(
            link.hit_rate,
            std::vector{to_string(report.head), share_text(link.hit_rate), number(link.mass),
                        share_text(report.links_untrained[i].hit_rate)});
      }
    rows.emplace_back(kind.offset_hit_rate,
                      std::vector<std::string>{offset_rule(kind.offset),
                                               share_text(kind.offset_hit_rate), "", ""});
    if (!kind.kind.heuristic.empty())
      rows.emplace_back(kind.heuristic_hit_rate,
                        std::vector<std::string>{kind.kind.heuristic,
                                                 share_text(kind.heuristic_hit_rate), "", ""});
    std::stable_sort(rows.begin(), rows.end(),
                     [](const auto& a, const auto& b) { return a.first > b.first; });
    for (auto& row : rows) table.add_row(std::move(row.second));
    tables.push_back(std::move(table));
  }
  return tables;
}

ConsoleTable layers_table(const Analysis& analysis) {
  const bool on_links = has_loss_on_links(analysis);
  std::vector<TableColumn> columns = {{"layer"},
                                      {"heads differ by", Align::right},
                                      {"untrained", Align::right},
                                      {"loss increase", Align::right}};
  if (on_links) columns.push_back({"on links", Align::right});
  if (analysis.accuracy) columns.push_back({analysis.measure, Align::right});
  ConsoleTable table(
      columns,
      "How much the heads of a layer differ, and the loss increase with all at their means");
  for (const auto& layer : analysis.layers) {
    std::vector<std::string> row = {to_string(layer.layer_id), number(layer.differ),
                                    number(layer.differ_untrained),
                                    signed_number(layer.cost.all.mean)};
    if (on_links) row.push_back(signed_number(layer.cost.loss_on_links.mean));
    if (analysis.accuracy) row.push_back(share_text(layer.cost.measure.value_or(no_number)));
    table.add_row(std::move(row));
  }
  return table;
}

}  // namespace heed
