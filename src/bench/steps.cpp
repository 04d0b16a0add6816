#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "src/bench/benchmark.h"
#include "src/bench/timed_training.h"
#include "src/console/console.h"
#include "src/files/scratch_folder.h"
#include "train/files/file.h"

namespace heed {
namespace {

using nlohmann::ordered_json;

struct Model {
  const char* name;
  const char* config;  // as in configs/
};

const std::vector<Model> models = {
    {"shakespeare_char", R"(
[task]
kind = "text"
[model]
kind = "transformer"
layers = 4
heads = 4
d_model = 128
bias = false
tied = true
[train]
batch = 12
context = 64
)"},
    {"demo transformer", R"(
[task]
kind = "grammar"
[model]
kind = "transformer"
layers = 2
heads = 4
d_model = 64
bias = false
tied = true
[train]
batch = 64
context = 32
)"},
    {"demo lstm", R"(
[task]
kind = "grammar"
[model]
kind = "lstm"
d_model = 109
tied = true
[train]
batch = 64
context = 32
)"},
    {"demo tanh", R"(
[task]
kind = "grammar"
[model]
kind = "tanh"
d_model = 206
tied = true
[train]
batch = 64
context = 32
)"},
};

// 65 different characters, like Shakespeare's works.
std::string random_text(int64_t length) {
  std::string text;
  uint32_t state = 1;
  for (int64_t i = 0; i < length; ++i) {
    state = state * 1664525 + 1013904223;
    text.push_back(static_cast<char>('0' + (i < 65 ? i : state >> 16) % 65));
  }
  return text;
}

// Operations per second of a product large enough for this machine's highest speed.
double product_speed(at::ScalarType type, int64_t width) {
  const auto matrix = at::ones({width, width}, type);
  const double seconds = measure_cost([&] { at::mm(matrix, matrix); }).seconds;
  return 2 * static_cast<double>(width * width * width) / seconds;
}

struct TimedModel {
  std::string model, precision;
  int threads = 1;
  std::unique_ptr<TimedTraining> training = {};
  std::vector<double> seconds = {};
  double peak = 0;  // operations per second
};

/// One training step of small models, with batch and optimizer, and the share of it that its matrix
/// products would take at the highest speed that LibTorch reaches in the same minute.
class StepsBenchmark : public Benchmark {
 public:
  ordered_json measure() const override {
    const ScratchFolder folder;
    ordered_json figures = {{"turns", turns()},
                            {"steps_a_turn", steps_a_turn()},
                            {"cases", ordered_json::array()},
                            {"left_out", ordered_json::object()}};
    auto cases = make_cases(folder, figures["left_out"]);
    for (int turn = 0; turn < turns(); ++turn)
      for (auto& one : cases) take_turn(one);
    for (auto& one : cases) figures["cases"].push_back(measure_case(one));
    return figures;
  }

  ConsoleTable table(const ordered_json& figures) const override {
    ConsoleTable table({{"model"},
                        {"precision"},
                        {"threads", Align::right},
                        {"step ms", Align::right},
                        {"tokens/s", Align::right},
                        {"GFLOP/s", Align::right},
                        {"products %", Align::right}},
                       "A training step, and the share of its matrix products at full speed");
    for (const auto& one : figures["cases"])
      table.add_row({one["model"].get<std::string>(), one["precision"].get<std::string>(),
                     fmt::to_string(one["threads"].get<int>()),
                     fmt::format("{:.2f}", median(one["step_ms"])),
                     with_thousands(static_cast<int64_t>(one["tokens_per_second"].get<double>())),
                     fmt::format("{:.0f}", one["peak_gflops"].get<double>()),
                     fmt::format("{:.0f}", 100 * one["product_share"].get<double>())});
    for (const auto& [name, reason] : figures["left_out"].items())
      table.add_row({name, "left out: " + reason.get<std::string>(), "", "", "", "", ""});
    return table;
  }

 private:
  int turns() const { return quick() ? 1 : 7; }
  int64_t steps_a_turn() const { return quick() ? 2 : 15; }
  int64_t peak_width() const { return quick() ? 256 : 1024; }

  std::vector<TimedModel> make_cases(const ScratchFolder& folder, ordered_json& left_out) const {
    write_file(folder / "text.txt", random_text(200000));
    std::vector<TimedModel> cases;
    for (const auto& model : quick() ? std::vector{models.front()} : models)
      for (const std::string precision : {"float32", "bf16"}) {
        if (precision == "bf16" && model.name != models.front().name) continue;
        for (const int threads : one_and_all_threads()) {
          try {
            cases.push_back({.model = model.name,
                             .precision = precision,
                             .threads = threads,
                             .training = training(model, precision, folder, cases.size())});
          } catch (const std::exception& error) {
            left_out[fmt::format("{}, {}", model.name, precision)] = error.what();
          }
        }
      }
    return cases;
  }

  static std::unique_ptr<TimedTraining> training(const Model& model, const std::string& precision,
                                                 const ScratchFolder& folder, size_t number) {
    constexpr auto never = 1'000'000;
    const auto place = folder / fmt::to_string(number);
    make_folder(place);
    std::vector<std::string> settings = {"train.precision=" + precision};
    for (const auto* key : {"steps", "checkpoint_every", "eval_every"})
      settings.push_back(fmt::format("train.{}={}", key, never));
    if (std::string(model.config).find("\"text\"") != std::string::npos)
      settings.push_back("task.path=" + (folder / "text.txt").string());
    return std::make_unique<TimedTraining>(model.config, settings, place);
  }

  void take_turn(TimedModel& one) const {
    const ThreadCount threads(one.threads);
    const auto type = one.precision == "bf16" ? at::kBFloat16 : at::kFloat;
    for (int i = 0; i < 3; ++i) one.peak = std::max(one.peak, product_speed(type, peak_width()));
    if (one.seconds.empty()) one.training->steps(2);  // warm-up
    for (const double seconds : one.training->steps(steps_a_turn())) one.seconds.push_back(seconds);
  }

  static ordered_json measure_case(TimedModel& one) {
    const auto operations = one.training->product_operations();
    const auto tokens = one.training->tokens_per_step();
    ordered_json figures = {{"model", one.model},
                            {"precision", one.precision},
                            {"threads", one.threads},
                            {"tokens_a_step", tokens},
                            {"step_ms", milliseconds(one.seconds)}};
    const auto seconds = median(figures["step_ms"]) / 1000;
    figures["tokens_per_second"] = static_cast<double>(tokens) / seconds;
    figures["product_gflop"] = operations / 1e9;
    figures["peak_gflops"] = one.peak / 1e9;
    figures["product_share"] = operations / one.peak / seconds;
    return figures;
  }
};

const Registration<Benchmark, StepsBenchmark> steps_registration{
    "steps", "a training step, and the share of its matrix products in it"};

}  // namespace
}  // namespace heed
