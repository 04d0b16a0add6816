#include "src/analysis/report_numbers.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "src/analysis/head_measure.h"
#include "src/console/console_table.h"

namespace heed {
namespace {

void add_links(const std::vector<HeadLink>& links, const std::string& ending,
               NamedNumbers& numbers) {
  for (const auto& link : links) {
    numbers.emplace_back("hit_" + link.name + ending, link.hit_rate);
    numbers.emplace_back("mass_" + link.name + ending, link.mass);
  }
}

void add_cost(const std::string& how, const AblationCost& cost, NamedNumbers& numbers) {
  numbers.emplace_back(how + "_rise", cost.all.mean);
  numbers.emplace_back(how + "_rise_error", cost.all.error);
  numbers.emplace_back(how + "_loss_on_links", cost.loss_on_links.mean);
  numbers.emplace_back(how + "_measure", cost.measure.value_or(no_number));
}

}  // namespace

std::vector<std::string> names_in(const std::vector<NamedNumbers>& rows) {
  std::vector<std::string> names;
  for (const auto& row : rows)
    for (const auto& [name, value] : row)
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  return names;
}

std::vector<std::string> format_cells(const NamedNumbers& row,
                                      const std::vector<std::string>& names) {
  std::vector<std::string> cells;
  for (const auto& name : names) {
    const auto found = std::find_if(row.begin(), row.end(),
                                    [&name](const auto& one) { return one.first == name; });
    const bool known = found != row.end() && !std::isnan(found->second);
    cells.push_back(known ? fmt::format("{}", found->second) : "");
  }
  return cells;
}

NamedNumbers report_numbers(const HeadReport& report) {
  NamedNumbers numbers;
  for (const auto& measure : head_measures()) {
    const auto trained = report.trained.statistic(measure.name);
    numbers.emplace_back(measure.name, trained.mean);
    numbers.emplace_back(measure.name + "_spread", trained.spread);
    numbers.emplace_back(measure.name + "_sentences", static_cast<double>(trained.sentences));
    numbers.emplace_back(measure.name + "_untrained", report.untrained.mean(measure.name));
  }
  const auto& offset = report.trained.offset;
  numbers.emplace_back("offset",
                       std::isnan(offset.mass) ? no_number : static_cast<double>(offset.offset));
  numbers.emplace_back("offset_mass", report.trained.offset.mass);
  numbers.emplace_back("offset_mass_untrained", report.untrained.offset.mass);
  add_links(report.links, "", numbers);
  add_links(report.links_untrained, "_untrained", numbers);
  add_cost("zero", report.importance.zero, numbers);
  add_cost("mean", report.importance.mean, numbers);
  numbers.emplace_back("gradient", report.importance.gradient.mean);
  numbers.emplace_back("gradient_error", report.importance.gradient.error);
  return numbers;
}

std::string heads_csv(const Analysis& analysis) {
  std::vector<NamedNumbers> numbers;
  for (const auto& head : analysis.heads) numbers.push_back(report_numbers(head));
  const auto names = names_in(numbers);  // heads of different kinds follow different links
  std::vector<TableColumn> columns = {{"kind"}, {"layer"}, {"head"}, {"role"}, {"evidence"}};
  for (const auto& name : names) columns.push_back({name});
  ConsoleTable table(columns);
  for (size_t i = 0; i < numbers.size(); ++i) {
    const auto& report = analysis.heads[i];
    std::vector<std::string> row = {
        to_string(report.head.layer_id.kind), fmt::to_string(report.head.layer_id.layer),
        fmt::to_string(report.head.head), report.role.role, report.role.evidence.measure};
    const auto cells = format_cells(numbers[i], names);
    row.insert(row.end(), cells.begin(), cells.end());
    table.add_row(std::move(row));
  }
  return table.to_csv();
}

}  // namespace heed
