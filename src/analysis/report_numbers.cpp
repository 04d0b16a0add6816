#include "src/analysis/report_numbers.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "src/analysis/head_measure.h"
#include "src/console_table.h"

namespace heed {
namespace {

using Numbers = std::vector<std::pair<std::string, double>>;

Statistic statistic(const HeadSurvey::Head& head, const std::string& name) {
  const auto found = head.measures.find(name);
  return found == head.measures.end() ? Statistic{.mean = no_number, .spread = no_number}
                                      : found->second;
}

void add_links(const std::vector<HeadLink>& links, const std::string& ending, Numbers& numbers) {
  for (const auto& link : links) {
    numbers.emplace_back("hit_" + link.name + ending, link.hit_rate);
    numbers.emplace_back("mass_" + link.name + ending, link.mass);
  }
}

void add_cost(const std::string& how, const RemovalCost& cost, Numbers& numbers) {
  numbers.emplace_back(how + "_rise", cost.all.mean);
  numbers.emplace_back(how + "_rise_error", cost.all.error);
  numbers.emplace_back(how + "_decided", cost.decided.mean);
  numbers.emplace_back(how + "_measure", cost.measure.value_or(no_number));
}

}  // namespace

Numbers report_numbers(const HeadReport& report) {
  Numbers numbers;
  for (const auto& measure : head_measures()) {
    const auto trained = statistic(report.trained, measure.name);
    numbers.emplace_back(measure.name, trained.mean);
    numbers.emplace_back(measure.name + "_spread", trained.spread);
    numbers.emplace_back(measure.name + "_sentences", static_cast<double>(trained.sentences));
    numbers.emplace_back(measure.name + "_untrained",
                         statistic(report.untrained, measure.name).mean);
  }
  const auto& offset = report.trained.offset;
  numbers.emplace_back("offset",
                       std::isnan(offset.mass) ? no_number : static_cast<double>(offset.offset));
  numbers.emplace_back("offset_mass", report.trained.offset.mass);
  numbers.emplace_back("offset_mass_untrained", report.untrained.offset.mass);
  add_links(report.links, "", numbers);
  add_links(report.links_untrained, "_untrained", numbers);
  add_cost("zero", report.worth.zero, numbers);
  add_cost("mean", report.worth.mean, numbers);
  numbers.emplace_back("gradient", report.worth.gradient.mean);
  numbers.emplace_back("gradient_error", report.worth.gradient.error);
  return numbers;
}

std::string heads_csv(const Analysis& analysis) {
  std::vector<std::string> names;  // heads of different kinds follow different links
  for (const auto& head : analysis.heads)
    for (const auto& [name, value] : report_numbers(head))
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  std::vector<TableColumn> columns = {{"kind"}, {"layer"}, {"head"}, {"word"}, {"evidence"}};
  for (const auto& name : names) columns.push_back({name});
  ConsoleTable table(columns);
  for (const auto& report : analysis.heads) {
    const auto numbers = report_numbers(report);
    std::vector<std::string> row = {
        to_string(report.head.place.kind), fmt::to_string(report.head.place.layer),
        fmt::to_string(report.head.head), report.word.word, report.word.evidence.measure};
    for (const auto& name : names) {
      const auto found = std::find_if(numbers.begin(), numbers.end(),
                                      [&name](const auto& one) { return one.first == name; });
      const bool known = found != numbers.end() && !std::isnan(found->second);
      row.push_back(known ? fmt::format("{}", found->second) : "");
    }
    table.add_row(std::move(row));
  }
  return table.to_csv();
}

}  // namespace heed
