#include "src/compare/report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "src/compare/conclusion.h"
#include "src/compare/tables.h"
#include "src/pages/html.h"
#include "src/pages/inline_svg.h"

namespace heed {
namespace {

std::string list(const std::vector<std::string>& lines, const std::string& kind) {
  std::string items;
  for (const auto& line : lines) items += fmt::format("<li>{}</li>\n", html_text(line));
  return fmt::format("<ul class=\"{}\">\n{}</ul>\n", kind, items);
}

std::string table_html(const ConsoleTable& table) {
  return "<div class=\"table\">" + html_table(table) + "</div>\n";
}

std::string figure_html(const DrawnFigure& figure, size_t number) {
  auto svg = figure.stem;
  svg += ".svg";
  return fmt::format("<figure id=\"{}\"><div>{}</div>\n<figcaption>{}</figcaption></figure>\n",
                     html_text(figure.stem.filename().string()),
                     inline_svg(svg, fmt::format("f{}-", number)), html_text(figure.caption));
}

std::string baselines_html(const Comparison& comparison) {
  ConsoleTable table({{"a model that"}, {"measure"}, {"formula"}, {"value", Align::right}},
                     "Baselines: what simple rules score");
  for (const auto& one : comparison.any_run()->baselines)
    table.add_row({one.who, one.measure, one.formula,
                   !one.value              ? ""
                   : one.measure == "loss" ? fmt::format("{:.4f}", *one.value)
                                           : fmt::format("{:.1f} %", 100 * *one.value)});
  return table_html(table);
}

std::string how_measured(const Comparison& comparison) {
  std::string text =
      "Numbers over several seeds are interquartile means, with their 95 % percentile-bootstrap "
      "interval in brackets. With few seeds the interval is rough, so every run is drawn. ";
  for (const auto& axis : comparison.axes)
    if (axis.tuned)
      text += fmt::format(
          "Each model was trained with the same values of {}; its results are those of the value "
          "with the lowest mean validation loss, measured on test data. ",
          axis.name);
  if (comparison.metric.can_be_solved())
    text += comparison.metric.by_loss()
                ? fmt::format("A run has solved the task when its {} is at most {:g}. ",
                              comparison.metric.name(), comparison.metric.at_most)
                : fmt::format("A run has solved the task when its {} is at least {:g} %. ",
                              comparison.metric.name(), 100 * comparison.metric.at_least);
  text += fmt::format(
      "Costs are those of a step on {} rows, on one thread; the state kept between inference "
      "steps is counted in numbers per row.",
      cost_rows);
  return text;
}

}  // namespace

std::string make_page(const Comparison& comparison, const std::vector<DrawnFigure>& figures) {
  std::string body = fmt::format("<h1>{}</h1>\n", html_text(comparison.name));
  if (!comparison.comment.empty())
    body += fmt::format("<p class=\"asked\">{}</p>\n", html_text(comparison.comment));
  if (const auto conclusion = conclude(comparison); !conclusion.empty())
    body += "<h2>Who is ahead</h2>\n" + list(conclusion, "conclusion");
  body += "<h2>Results</h2>\n" + table_html(main_table(comparison));
  for (const auto& table : detail_tables(comparison)) body += table_html(table);
  body += baselines_html(comparison);
  if (const auto failures = list_failures(comparison); !failures.empty())
    body += "<h2>What failed</h2>\n" + list(failures, "failures");
  if (!figures.empty()) body += "<h2>Figures</h2>\n";
  for (size_t i = 0; i < figures.size(); ++i) body += figure_html(figures[i], i);
  if (const auto costs = cost_tables(comparison); !costs.empty()) {
    body += "<h2>Cost</h2>\n";
    for (const auto& table : costs) body += table_html(table);
  }
  body +=
      fmt::format("<h2>How it was measured</h2>\n<p>{}</p>\n", html_text(how_measured(comparison)));
  return html_page(comparison.name, body);
}

}  // namespace heed
