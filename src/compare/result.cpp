#include "src/compare/result.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "models/sequence_model.h"
#include "src/files/csv_file.h"
#include "train/files/file.h"

namespace heed {
namespace {

namespace fs = std::filesystem;

constexpr int64_t flow_rows = 32;

// metrics.csv, by the names of its columns.
std::vector<CurvePoint> learning_curve(const fs::path& metrics, const std::string& measure) {
  const auto file = read_csv(metrics);
  std::vector<CurvePoint> curve;
  for (const auto& row : file.rows) {
    const auto number = [&](const std::string& name) { return parse_number(file.cell(row, name)); };
    CurvePoint point{.step = static_cast<int64_t>(number("step")),
                     .tokens = static_cast<int64_t>(number("tokens")),
                     .seconds = number("train_seconds"),
                     .loss = number("val_loss")};
    if (const double right = number(measure); !measure.empty() && !std::isnan(right))
      point.measure = right;
    curve.push_back(point);
  }
  return curve;
}

// The last position of each row, [B] int64.
at::Tensor find_last_positions(const at::Tensor& lengths, int64_t rows, int64_t length) {
  return lengths.defined() ? lengths - 1 : at::full({rows}, length - 1, at::kLong);
}

// The last scored answer of each row, [B] int64.
at::Tensor last_scored(const Task& task, const Batch& batch) {
  const int64_t rows = batch.input.values.size(0), length = batch.input.values.size(1);
  if (task.shape().output == SequenceShape::Output::per_sequence)
    return find_last_positions(batch.input.lengths, rows, length);
  const auto scored = task.scored(batch).to(at::kLong);    // [B, T]
  return scored.mul(at::arange(1, length + 1)).argmax(1);  // [B]
}

// The loss of that answer alone: [B].
at::Tensor end_losses(const Task& task, const Batch& batch, const at::Tensor& output,
                      const at::Tensor& last) {
  const auto losses = task.losses(output, batch);
  if (task.shape().output == SequenceShape::Output::per_sequence)
    return losses.reshape({losses.size(0), -1}).sum(1);
  return losses.gather(1, last.unsqueeze(1)).squeeze(1);
}

GradientFlow measure_flow(SequenceModel& model, const Task& task) {
  if (task.evaluation_rows(Split::validation) < 1) return {};
  const int64_t rows = std::min(flow_rows, task.evaluation_rows(Split::validation));
  const auto batch = task.batch(Split::validation, 0, rows).to(model.tensor_options());
  const auto last = last_scored(task, batch);
  const auto& source = batch.input.source;
  return gradient_flow(
      model, batch.input,
      [&](const at::Tensor& output) { return end_losses(task, batch, output, last); },
      source.defined() ? find_last_positions(batch.input.source_lengths, rows, source.size(1))
                       : last);
}

int64_t read_width(ModelBuilder& builder) {
  OptionList list;
  builder.describe(list);
  const auto* width = list.find("d_model");
  return width ? *std::get<int64_t*>(width->target) : 0;
}

void read_summary(const RunDirectory& directory, RunResult& result) {
  if (!fs::exists(directory.summary())) return;
  const auto summary = nlohmann::json::parse(read_file(directory.summary()));
  result.steps = summary.value("steps", int64_t{0});
  result.tokens = summary.value("tokens", int64_t{0});
  result.train_seconds = summary.value("train_seconds", 0.0);
  result.tokens_per_second = summary.value("tokens_per_second", 0.0);
}

void measure_further(Run& run, const std::vector<std::string>& settings, RunResult& result) {
  try {
    change_task(run, settings);
    result.extrapolation = evaluate(*run.model, *run.config.task, Split::test);
  } catch (const std::exception& error) {
    result.extrapolation_failure = error.what();
  }
}

}  // namespace

RunResult measure_run(const fs::path& path, const std::vector<std::string>& test_settings) {
  auto run = open_run(path);
  const auto& task = *run.config.task;
  RunResult result{.name = run.config.name,
                   .grid_point = {{"model", run.config.name}},
                   .task_kind = run.config.task_kind,
                   .model_kind = run.config.model_kind,
                   .attends = run.model->has_attention(),
                   .width = read_width(*run.config.model),
                   .parameters = run.model->parameter_count(),
                   .unit = task.loss_unit(),
                   .main_measure = task.main_measure(),
                   .bound = task.bound(),
                   .baselines = task.baselines(),
                   .curve = learning_curve(run.directory.metrics(), task.main_measure()),
                   .validation = evaluate(*run.model, task, Split::validation)};
  read_summary(run.directory, result);
  if (task.evaluation_rows(Split::test) > 0) result.test = evaluate(*run.model, task, Split::test);
  result.after = measure_flow(*run.model, task);
  const auto fresh = build_model(run.config);
  fresh->eval();
  result.at_start = measure_flow(*fresh, task);
  if (!test_settings.empty()) measure_further(run, test_settings, result);
  return result;
}

}  // namespace heed
