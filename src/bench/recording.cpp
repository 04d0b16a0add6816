#include <ATen/core/grad_mode.h>

#include <fmt/format.h>

#include <vector>

#include "models/attention/attention_recorder.h"
#include "src/bench/benchmark.h"
#include "src/bench/small_model.h"

namespace heed {
namespace {

using nlohmann::ordered_json;

struct RecordedModel {
  const char* name;
  ModelSize size;
  int64_t rows, length;
};

const std::vector<RecordedModel> recorded_models = {
    {"demo", {}, 64, 32},
    {"shakespeare_char", {.layers = 4, .heads = 4, .width = 128}, 12, 64},
    {"one row of 256", {.layers = 4, .heads = 4, .width = 128}, 1, 256},
};

/// What recording the attention maps adds to inference: a forward pass with a recorder against one
/// without, on one thread. Nothing is written.
class RecordingBenchmark : public Benchmark {
 public:
  ordered_json measure() const override {
    const OneThread one_thread;
    ordered_json figures = {{"threads", 1}, {"turns", turns()}, {"cases", ordered_json::array()}};
    for (const auto& one : quick() ? std::vector{recorded_models.front()} : recorded_models)
      figures["cases"].push_back(measured(one));
    return figures;
  }

  ConsoleTable table(const ordered_json& figures) const override {
    ConsoleTable table({{"model"},
                        {"rows", Align::right},
                        {"length", Align::right},
                        {"pass ms", Align::right},
                        {"recorded ms", Align::right},
                        {"overhead %", Align::right}},
                       "A forward pass that records its attention maps, against one that does not");
    for (const auto& one : figures["cases"])
      table.add_row({one["model"].get<std::string>(), fmt::to_string(one["rows"].get<int64_t>()),
                     fmt::to_string(one["length"].get<int64_t>()),
                     fmt::format("{:.3f}", median(one["pass_ms"])),
                     fmt::format("{:.3f}", median(one["recorded_ms"])),
                     fmt::format("{:.1f}", 100 * one["more"].get<double>())});
    return table;
  }

 private:
  int turns() const { return quick() ? 3 : 101; }

  ordered_json measured(const RecordedModel& one) const {
    constexpr int64_t vocabulary = 65;
    const auto model = small_model(
        {.vocabulary = vocabulary, .output_width = vocabulary, .max_length = one.length}, one.size);
    model->eval();
    const at::NoGradGuard no_gradients;
    const SequenceInput input{.values =
                                  at::randint(0, vocabulary, {one.rows, one.length}, at::kLong)};
    std::vector<double> plain, recorded;
    for (int turn = 0; turn < turns(); ++turn) {
      plain.push_back(measure_cost([&] { model->forward(input); }).seconds);
      recorded.push_back(measure_cost([&] {
                           AttentionRecorder recorder;
                           model->forward(input, &recorder);
                         }).seconds);
    }
    ordered_json figures = {{"model", one.name},
                            {"rows", one.rows},
                            {"length", one.length},
                            {"pass_ms", milliseconds(plain)},
                            {"recorded_ms", milliseconds(recorded)}};
    figures["more"] = median(figures["recorded_ms"]) / median(figures["pass_ms"]) - 1;
    return figures;
  }
};

const Registration<Benchmark, RecordingBenchmark> recording_registration{
    "recording", "what recording attention maps adds to inference"};

}  // namespace
}  // namespace heed
