// result.json: numbers in the shortest form that reads back the same; what is not finite becomes
// null and comes back as NaN.
#include <fmt/format.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "src/compare/result.h"
#include "train/files/file.h"

namespace heed {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

double number(const json& value) {
  return value.is_null() ? std::numeric_limits<double>::quiet_NaN() : value.get<double>();
}

template <class Value>
ordered_json or_null(const std::optional<Value>& value) {
  return value ? ordered_json(*value) : ordered_json();
}

std::optional<double> optional_number(const json& value) {
  return value.is_null() ? std::nullopt : std::optional(value.get<double>());
}

std::vector<double> numbers(const json& values) {
  std::vector<double> result;
  for (const auto& value : values) result.push_back(number(value));
  return result;
}

ordered_json evaluation_json(const Evaluation& e) {
  auto scores = ordered_json::array();
  for (const auto& score : e.scores.all)
    scores.push_back({{"measure", score.measure},
                      {"by", score.by},
                      {"bucket", score.bucket},
                      {"right", score.correct},
                      {"asked", score.total}});
  return {{"rows", e.rows},
          {"tokens", e.tokens},
          {"characters", e.characters},
          {"loss", e.loss},
          {"standard_error", e.standard_error},
          {"exact_loss", or_null(e.exact_loss)},
          {"excess", e.excess},
          {"excess_error", e.excess_error},
          {"scores", scores}};
}

Evaluation parse_evaluation(const json& value, LossUnit unit) {
  Evaluation e{.unit = unit,
               .rows = value.at("rows"),
               .tokens = value.at("tokens"),
               .characters = value.at("characters"),
               .loss = number(value.at("loss")),
               .standard_error = number(value.at("standard_error")),
               .exact_loss = optional_number(value.at("exact_loss")),
               .excess = number(value.at("excess")),
               .excess_error = number(value.at("excess_error"))};
  for (const auto& score : value.at("scores"))
    e.scores.all.push_back({.measure = score.at("measure"),
                            .by = score.at("by"),
                            .bucket = score.at("bucket"),
                            .correct = score.at("right"),
                            .total = score.at("asked")});
  return e;
}

ordered_json flow_json(const GradientFlow& flow) {
  return {{"distances", flow.distances},
          {"input", flow.input},
          {"input_scale", flow.input_scale},
          {"state", flow.state},
          {"state_scale", flow.state_scale}};
}

GradientFlow parse_flow(const json& value) {
  GradientFlow flow;
  flow.distances = value.at("distances").get<std::vector<int64_t>>();
  flow.input = numbers(value.at("input"));
  flow.input_scale = number(value.at("input_scale"));
  flow.state = numbers(value.at("state"));
  flow.state_scale = number(value.at("state_scale"));
  return flow;
}

ordered_json curve_json(const std::vector<CurvePoint>& curve) {
  auto points = ordered_json::array();
  for (const auto& point : curve)
    points.push_back({point.step, point.tokens, point.seconds, point.loss, or_null(point.measure)});
  return points;
}

std::vector<CurvePoint> parse_curve(const json& points) {
  std::vector<CurvePoint> curve;
  for (const auto& point : points)
    curve.push_back({.step = point.at(0),
                     .tokens = point.at(1),
                     .seconds = number(point.at(2)),
                     .loss = number(point.at(3)),
                     .measure = optional_number(point.at(4))});
  return curve;
}

ordered_json baselines_json(const std::vector<Baseline>& baselines) {
  auto list = ordered_json::array();
  for (const auto& one : baselines)
    list.push_back({{"measure", one.measure},
                    {"formula", one.formula},
                    {"value", or_null(one.value)},
                    {"who", one.who}});
  return list;
}

std::vector<Baseline> parse_baselines(const json& list) {
  std::vector<Baseline> baselines;
  for (const auto& one : list)
    baselines.push_back({.measure = one.at("measure"),
                         .formula = one.at("formula"),
                         .value = optional_number(one.at("value")),
                         .who = one.at("who")});
  return baselines;
}

ordered_json result_json(const RunResult& result) {
  return {{"name", result.name},
          {"grid_point", result.grid_point},
          {"task", result.task_kind},
          {"model", result.model_kind},
          {"attends", result.attends},
          {"width", result.width},
          {"parameters", result.parameters},
          {"steps", result.steps},
          {"tokens", result.tokens},
          {"train_seconds", result.train_seconds},
          {"tokens_per_second", result.tokens_per_second},
          {"loss_unit", result.unit == LossUnit::nats ? "nats" : "squared error"},
          {"main_measure", result.main_measure},
          {"bound", or_null(result.bound)},
          {"baselines", baselines_json(result.baselines)},
          {"curve", curve_json(result.curve)},
          {"validation", evaluation_json(result.validation)},
          {"test", evaluation_json(result.test)},
          {"extrapolation",
           result.extrapolation ? evaluation_json(*result.extrapolation) : ordered_json()},
          {"extrapolation_failure", result.extrapolation_failure},
          {"gradient_at_start", flow_json(result.at_start)},
          {"gradient_after", flow_json(result.after)},
          {"failure", result.failure}};
}

RunResult parse_result(const json& value) {
  const auto unit = value.at("loss_unit") == "nats" ? LossUnit::nats : LossUnit::squared_error;
  RunResult result{.name = value.at("name"),
                   .grid_point = value.at("grid_point"),
                   .task_kind = value.at("task"),
                   .model_kind = value.at("model"),
                   .attends = value.at("attends"),
                   .width = value.at("width"),
                   .parameters = value.at("parameters"),
                   .steps = value.at("steps"),
                   .tokens = value.at("tokens"),
                   .train_seconds = value.at("train_seconds"),
                   .tokens_per_second = value.at("tokens_per_second"),
                   .unit = unit,
                   .main_measure = value.at("main_measure"),
                   .bound = optional_number(value.at("bound")),
                   .baselines = parse_baselines(value.at("baselines")),
                   .curve = parse_curve(value.at("curve")),
                   .validation = parse_evaluation(value.at("validation"), unit),
                   .test = parse_evaluation(value.at("test"), unit),
                   .extrapolation_failure = value.at("extrapolation_failure"),
                   .at_start = parse_flow(value.at("gradient_at_start")),
                   .after = parse_flow(value.at("gradient_after")),
                   .failure = value.at("failure")};
  if (!value.at("extrapolation").is_null())
    result.extrapolation = parse_evaluation(value.at("extrapolation"), unit);
  return result;
}

}  // namespace

void write_result(const std::filesystem::path& path, const RunResult& result) {
  write_file(path, result_json(result).dump(1) + "\n");
}

RunResult read_result(const std::filesystem::path& path) {
  try {
    return parse_result(json::parse(read_file(path)));
  } catch (const json::exception& error) {
    throw std::runtime_error(fmt::format("{}: expected the result of a run, got something else: {}",
                                         path.string(), error.what()));
  }
}

}  // namespace heed
