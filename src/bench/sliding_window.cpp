#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "models/attention/attention_mask.h"
#include "models/attention/sliding_window_attention.h"
#include "src/bench/benchmark.h"

namespace heed {
namespace {

using nlohmann::ordered_json;

constexpr int64_t heads = 8, head_width = 64, window = 128;

/// A sliding window computed in blocks against the same window as a mask over all pairs: forward
/// and backward, causal, float32.
class SlidingWindowBenchmark : public Benchmark {
 public:
  ordered_json measure() const override {
    ordered_json figures = {
        {"heads", heads}, {"head_width", head_width}, {"window", window}, {"rows", {}}};
    figures["rows"] = ordered_json::array();
    const auto lengths =
        quick() ? std::vector<int64_t>{256} : std::vector<int64_t>{512, 1024, 2048, 4096};
    for (const int64_t length : lengths) figures["rows"].push_back(row(length));
    return figures;
  }

  ConsoleTable table(const ordered_json& figures) const override {
    ConsoleTable table({{"length", Align::right},
                        {"dense ms", Align::right},
                        {"window ms", Align::right},
                        {"speedup", Align::right},
                        {"dense MiB", Align::right},
                        {"window MiB", Align::right},
                        {"memory share", Align::right}},
                       fmt::format("A causal window of {} keys, {} heads of {}, forward and "
                                   "backward",
                                   window, heads, head_width));
    for (const auto& row : figures["rows"]) {
      const auto number = [&row](const char* way, const char* key) {
        return row[way][key].is_null() ? std::string("-")
                                       : fmt::format("{:.0f}", row[way][key].get<double>());
      };
      table.add_row({std::to_string(row["length"].get<int64_t>()),
                     fmt::format("{:.1f}", row["dense"]["ms"]["min"].get<double>()),
                     fmt::format("{:.1f}", row["sliding_window"]["ms"]["min"].get<double>()),
                     fmt::format("{:.1f}", row["times_faster"].get<double>()),
                     number("dense", "mebibytes"), number("sliding_window", "mebibytes"),
                     row["share_of_memory"].is_null()
                         ? "-"
                         : fmt::format("{:.2f}", row["share_of_memory"].get<double>())});
    }
    return table;
  }

 private:
  struct Alternative {
    std::vector<double> seconds;
    double mebibytes = 0;
    bool has_memory = true;

    void add(const Cost& cost) {
      seconds.push_back(cost.seconds);
      has_memory = has_memory && cost.mebibytes;
      mebibytes = std::max(mebibytes, cost.mebibytes.value_or(0));
    }
    ordered_json figures() const {
      return {{"ms", milliseconds(seconds)},
              {"mebibytes", has_memory ? ordered_json(mebibytes) : ordered_json()}};
    }
  };

  ordered_json row(int64_t length) const {
    at::manual_seed(1);
    const auto random = [length] {
      return at::randn({1, heads, length, head_width}).set_requires_grad(true);
    };
    const auto query = random(), key = random(), value = random();
    const auto positions = at::arange(length);
    const auto distances = positions.unsqueeze(1) - positions;
    const auto window_mask = distances.ge(0).logical_and(distances.lt(window));  // [T, T]
    AttentionMask mask;
    mask.window = window;
    mask.causal = true;
    const AttentionSettings settings{.weights = false};
    const auto dense = [&] {
      attend({query, key, value, window_mask}, settings).output.sum().backward();
    };
    const auto sliding = [&] {
      sliding_window_attention(query, key, value, mask, nullptr, settings).output.sum().backward();
    };
    sliding();  // allocates the gradients
    Alternative dense_way, sliding_way;
    for (int repeat = 0; repeat < (quick() ? 1 : 5); ++repeat) {
      dense_way.add(measure_cost(dense));
      sliding_way.add(measure_cost(sliding));
    }
    const auto fastest = [](const Alternative& way) {
      return *std::min_element(way.seconds.begin(), way.seconds.end());
    };
    ordered_json figures = {{"length", length},
                            {"dense", dense_way.figures()},
                            {"sliding_window", sliding_way.figures()},
                            {"times_faster", fastest(dense_way) / fastest(sliding_way)},
                            {"share_of_memory", {}}};
    if (dense_way.has_memory && sliding_way.has_memory && dense_way.mebibytes > 0)
      figures["share_of_memory"] = sliding_way.mebibytes / dense_way.mebibytes;
    return figures;
  }
};

const Registration<Benchmark, SlidingWindowBenchmark> sliding_window_registration{
    "sliding-window", "a sliding window in blocks, against the same window as a mask"};

}  // namespace
}  // namespace heed
