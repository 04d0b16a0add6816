#include "src/compare/report.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "src/compare/csv.h"
#include "src/figures/gnuplot.h"
#include "train/files/file.h"

namespace heed {
namespace {

namespace fs = std::filesystem;

// The settings that led to an outcome: its runs' own, of the first seed.
ExperimentConfig find_config(const Plan& plan, const Outcome& outcome) {
  for (const auto& run : plan.runs())
    if (run.name == outcome.runs.front().name) return read_planned(plan, run);
  throw std::logic_error("a run that no plan knows: " + outcome.runs.front().name);
}

// The number that a key has in training.
std::optional<double> trained_value(const Plan& plan, const Comparison& comparison,
                                    const std::string& name) {
  for (const auto& outcome : comparison.outcomes) {
    if (outcome.runs.empty()) continue;
    const auto config = find_config(plan, outcome);
    OptionList list;
    config.task->describe(list);
    const auto* option = list.find(name);
    if (auto* const* number = option ? std::get_if<int64_t*>(&option->target) : nullptr)
      return static_cast<double>(**number);
  }
  return std::nullopt;
}

}  // namespace

void add_extrapolation(const Plan& plan, Comparison& comparison) {
  if (plan.test_settings.empty()) return;
  const auto& first = plan.test_settings.front();
  const auto by = short_name(first.substr(0, first.find('=')));
  comparison.extrapolation = ExtrapolationTest{.settings = plan.test_settings, .by = by};
  for (const auto& result : comparison.results)
    for (const auto& score : result.final_evaluation().scores.all)
      if (score.by == by) {
        comparison.extrapolation->trained_to = trained_value(plan, comparison, by);
        return;
      }
}

void add_costs(const Plan& plan, Comparison& comparison) {
  for (const auto& outcome : comparison.outcomes) {
    if (outcome.runs.empty() || comparison.costs.count(outcome.model)) continue;
    auto config = find_config(plan, outcome);
    prepare_task(config);
    comparison.costs[outcome.model] = cost_by_length(config, plan.cost_lengths);
  }
}

std::vector<fs::path> write_report(const Comparison& comparison, const fs::path& out) {
  make_folder(out);
  std::vector<fs::path> written = {out / "compare.csv"};
  write_file(written.back(), to_csv(comparison));
  std::vector<DrawnFigure> figures;
  if (Gnuplot::available()) {
    make_folder(out / "figures");
    figures = draw_figures(comparison, out / "figures");
    for (const auto& figure : figures) written.push_back(figure.stem.string() + ".png");
  } else {
    spdlog::warn("{}", missing_gnuplot_hint());
  }
  write_file(out / "report.html", make_page(comparison, figures));
  written.push_back(out / "report.html");
  return written;
}

}  // namespace heed
