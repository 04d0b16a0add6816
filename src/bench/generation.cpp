#include "train/generation/generation.h"

#include <fmt/format.h>

#include <chrono>
#include <vector>

#include "models/sequence_model.h"
#include "src/bench/benchmark.h"
#include "src/bench/small_model.h"

namespace heed {
namespace {

using nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

constexpr int64_t vocabulary = 65;
constexpr ModelSize generation_size{.layers = 4, .heads = 4, .width = 128};  // shakespeare_char
constexpr double temperature = 0.8;
constexpr int64_t top_k = 200;

/// Tokens per second of one sample: from one token until the context is full, and beyond it, where
/// tokens are evicted one at a time or half of the context at a time. The model is not trained,
/// which does not change the speed.
class GenerationBenchmark : public Benchmark {
 public:
  ordered_json measure() const override {
    ordered_json figures = {{"layers", generation_size.layers},
                            {"d_model", generation_size.width},
                            {"temperature", temperature},
                            {"top_k", top_k},
                            {"turns", turns()},
                            {"cases", ordered_json::array()}};
    for (const int64_t context : quick() ? std::vector<int64_t>{16} : std::vector<int64_t>{64, 256})
      for (const auto& one : measured(context)) figures["cases"].push_back(one);
    return figures;
  }

  ConsoleTable table(const ordered_json& figures) const override {
    ConsoleTable table({{"context", Align::right},
                        {"threads", Align::right},
                        {"tokens/s while it fills", Align::right},
                        {"beyond it, evicting 1", Align::right},
                        {"beyond, evicting half", Align::right}},
                       fmt::format("Generating one sample: {} layers, d_model {}",
                                   generation_size.layers, generation_size.width));
    for (const auto& one : figures["cases"]) {
      const auto speed = [&one](const char* part) {
        return fmt::format("{:.0f}", median(one[part]["tokens_per_second"]));
      };
      table.add_row({fmt::to_string(one["context"].get<int64_t>()),
                     fmt::to_string(one["threads"].get<int64_t>()), speed("fill"), speed("slide"),
                     speed("halves")});
    }
    return table;
  }

 private:
  struct Speeds {
    std::vector<double> fill = {}, slide = {}, halves = {};  // tokens per second, one per turn
  };

  int turns() const { return quick() ? 2 : 5; }
  int64_t beyond() const { return quick() ? 10 : 500; }

  std::vector<ordered_json> measured(int64_t context) const {
    const auto model =
        small_model({.vocabulary = vocabulary, .output_width = vocabulary, .max_length = context},
                    generation_size);
    const auto threads = one_and_all_threads();
    std::vector<Speeds> speeds(threads.size());
    for (int turn = 0; turn < turns(); ++turn)
      for (size_t i = 0; i < threads.size(); ++i) {
        const ThreadCount count(threads[i]);
        if (turn == 0) sample(*model, context, 4, 1);  // warm-up
        const auto [fill, slide] = sample(*model, context, beyond(), 1);
        speeds[i].fill.push_back(fill);
        speeds[i].slide.push_back(slide);
        speeds[i].halves.push_back(sample(*model, context, beyond(), context / 2).second);
      }
    std::vector<ordered_json> cases;
    for (size_t i = 0; i < threads.size(); ++i)
      cases.push_back(
          {{"context", context},
           {"threads", threads[i]},
           {"fill", {{"tokens", context - 1}, {"tokens_per_second", spread(speeds[i].fill)}}},
           {"slide", {{"tokens", beyond()}, {"tokens_per_second", spread(speeds[i].slide)}}},
           {"halves", {{"tokens", beyond()}, {"tokens_per_second", spread(speeds[i].halves)}}}});
    return cases;
  }

  static std::pair<double, double> sample(SequenceModel& model, int64_t context, int64_t beyond,
                                          int64_t eviction_stride) {
    const GenerationOptions options{.tokens = context - 1 + beyond,
                                    .temperature = temperature,
                                    .top_k = top_k,
                                    .eviction_stride = eviction_stride};
    int64_t drawn = 0;
    const auto start = Clock::now();
    auto full = start;
    generate(model, {.tokens = {0}}, options, [&](int64_t, int64_t) {
      if (++drawn == context - 1) full = Clock::now();
      return true;
    });
    const auto end = Clock::now();
    const auto per_second = [](int64_t tokens, Clock::duration time) {
      return static_cast<double>(tokens) / std::chrono::duration<double>(time).count();
    };
    return {per_second(context - 1, full - start), per_second(beyond, end - full)};
  }
};

const Registration<Benchmark, GenerationBenchmark> generation_registration{
    "generation", "tokens per second within the context and beyond it"};

}  // namespace
}  // namespace heed
