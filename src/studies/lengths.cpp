#include "src/studies/lengths.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "src/figures/line_figure.h"
#include "src/studies/trained_run.h"

namespace heed {
namespace {

constexpr const char* lengths_experiment = R"(seed = 1
[task]
kind = "grammar"
evaluation_rows = 128
[model]
kind = "transformer"
layers = 2
heads = 2
d_model = 32
[train]
steps = 600
batch = 64
context = 16
lr = 5e-3
min_lr = 5e-5
warmup = 50
eval_every = 600
checkpoint_every = 600
)";

// NaN where the model has no position that far.
double loss_at(Run& run, int64_t length) {
  try {
    change_context(run, length);
    return evaluate(*run.model, *run.config.task, Split::validation).loss;
  } catch (const std::invalid_argument&) {
    return std::numeric_limits<double>::quiet_NaN();
  }
}

}  // namespace

const std::vector<int64_t>& tested_lengths() {
  static const std::vector<int64_t> lengths = {16, 24, 32, 64, 128};
  return lengths;
}

int64_t reach(const std::vector<int64_t>& lengths, const std::vector<double>& shares,
              double enough) {
  int64_t longest = 0;
  for (size_t i = 0; i < lengths.size() && shares[i] >= enough; ++i) longest = lengths[i];
  return longest;
}

std::vector<LengthLosses> losses_by_length(const std::filesystem::path& folder,
                                           const std::vector<std::string>& positions, bool quick) {
  std::vector<LengthLosses> all;
  for (const auto& position : positions) {
    auto settings = training_settings(quick);
    settings.push_back("model.position=" + position);
    auto run = trained_run(folder, position, lengths_experiment, settings);
    LengthLosses one{.position = position, .losses = {}};
    for (const int64_t length : tested_lengths()) one.losses.push_back(loss_at(run, length));
    all.push_back(one);
  }
  return all;
}

void show_lengths(Report& report, const std::vector<LengthLosses>& all) {
  std::vector<TableColumn> columns = {{"position"}};
  for (const int64_t length : tested_lengths())
    columns.push_back({fmt::format("{} tokens", length), Align::right});
  ConsoleTable table(columns, fmt::format("Loss in nats per token, by the length of the rows; "
                                          "trained on {}",
                                          trained_length));
  auto kept = nlohmann::ordered_json::object();
  LinePanel panel{.x_label = "tokens in a row", .y_label = "nats per token", .log_x = true};
  for (const auto& [position, losses] : all) {
    std::vector<std::string> cells = {position};
    LineSeries series{.name = position};
    for (size_t i = 0; i < losses.size(); ++i) {
      cells.push_back(std::isnan(losses[i]) ? "-" : fmt::format("{:.3f}", losses[i]));
      series.points.push_back({static_cast<double>(tested_lengths()[i]), losses[i]});
    }
    table.add_row(cells);
    panel.series.push_back(series);
    kept[position] = losses;
  }
  report.table(table);
  report.figure("lengths", "The loss on longer rows of models trained on short ones.",
                [&](const std::filesystem::path& stem) {
                  write_line_figure({.title = "", .panels = {panel}}, stem);
                });
  report.record("tested_lengths", tested_lengths());
  report.record("length_losses", kept);
}

}  // namespace heed
