#include <ATen/core/grad_mode.h>

#include <fmt/format.h>

#include <vector>

#include "models/attention/attention_recorder.h"
#include "src/bench/benchmark.h"
#include "src/bench/small_model.h"

namespace heed {
namespace {

using nlohmann::ordered_json;

struct RecordingCase {
  const char* name;
  ModelSize size;
  int64_t rows, length;
};

const std::vector<RecordingCase> recording_cases = {
    {"demo", {}, 64, 32},
    {"shakespeare_char", {.layers = 4, .heads = 4, .width = 128}, 12, 64},
    {"one row of 256", {.layers = 4, .heads = 4, .width = 128}, 1, 256},
};

/// What recording the attention maps adds to inference: one pass with a recorder against one
/// without, in turns, on one thread, nothing written.
class RecordingBenchmark : public Benchmark {
 public:
  ordered_json measure() const override {
    const OneThread one_thread;
    ordered_json figures = {{"threads", 1}, {"turns", turns()}, {"cases", ordered_json::array()}};
    for (const auto& one : quick() ? std::vector{recording_cases.front()} : recording_cases)
      figures["cases"].push_back(measured(one));
    return figures;
  }

  ConsoleTable table(const ordered_json& figures) const override {
    ConsoleTable table({{"model"},
                        {"rows", Align::right},
                        {"length", Align::right},
                        {"pass ms", Align::right},
                        {"recorded ms", Align::right},
                        {"more %", Align::right}},
                       "A pass of inference with its attention maps recorded, against one without");
    for (const auto& one : figures["cases"])
      table.add_row({one["model"].get<std::string>(), fmt::to_string(one["rows"].get<int64_t>()),
                     fmt::to_string(one["length"].get<int64_t>()),
                     fmt::format("{:.3f}", one["pass_ms"]["median"].get<double>()),
                     fmt::format("{:.3f}", one["recorded_ms"]["median"].get<double>()),
                     fmt::format("{:.1f}", 100 * one["more"].get<double>())});
    return table;
  }

 private:
  int turns() const { return quick() ? 3 : 101; }

  ordered_json measured(const RecordingCase& one) const {
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
    figures["more"] = figures["recorded_ms"]["median"].get<double>() /
                          figures["pass_ms"]["median"].get<double>() -
                      1;
    return figures;
  }
};

const Registration<Benchmark, RecordingBenchmark> recording_registration{
    "recording", "what recording attention maps adds to inference"};

}  // namespace
}  // namespace heed
