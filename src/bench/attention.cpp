#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "models/attention/attention.h"
#include "models/compute.h"
#include "src/bench/benchmark.h"

namespace heed {
namespace {

using nlohmann::ordered_json;

struct AttentionSizes {
  int64_t batch, heads, length, width;
};
const std::vector<AttentionSizes> attention_sizes = {
    {12, 4, 64, 32}, {32, 4, 128, 32}, {8, 8, 256, 64}, {4, 8, 512, 64}, {2, 8, 1024, 64}};
constexpr int64_t longest_recorded = 256;
constexpr int repeats = 15;

/// Causal attention, forward and backward, in float32: the fused kernels against LibTorch's, and
/// against the readable lines.
class AttentionBenchmark : public Benchmark {
 public:
  ordered_json measure() const override {
    ordered_json figures = {
        {"threads", at::get_num_threads()}, {"repeats", repeats}, {"cases", ordered_json::array()}};
    for (const auto& one : attention_sizes) figures["cases"].push_back(measured(one));
    return figures;
  }

  ConsoleTable table(const ordered_json& figures) const override {
    ConsoleTable table({{"batch x heads x length x width"},
                        {"fused ms", Align::right},
                        {"LibTorch", Align::right},
                        {"readable", Align::right},
                        {"recorded", Align::right}},
                       fmt::format("Causal attention, forward and backward, {} threads. The other "
                                   "columns are times relative to fused.",
                                   figures["threads"].get<int>()));
    for (const auto& one : figures["cases"]) {
      const auto ratio = [&one](const char* way) {
        return one.contains(way) ? fmt::format("{:.2f}", one[way]["ratio"].get<double>())
                                 : std::string("-");
      };
      table.add_row({one["sizes"].get<std::string>(),
                     fmt::format("{:.2f}", median(one["fused"]["ms"])), ratio("libtorch"),
                     ratio("readable"), ratio("recorded")});
    }
    return table;
  }

 private:
  struct Alternative {
    std::string name;
    std::function<void()> run;
    std::vector<double> seconds = {};
  };

  static ordered_json measured(const AttentionSizes& one) {
    at::manual_seed(1);
    const std::vector<int64_t> sizes = {one.batch, one.heads, one.length, one.width};
    const auto leaf = [&sizes] { return at::randn(sizes).set_requires_grad(true); };
    const auto query = leaf(), key = leaf(), value = leaf();
    const auto gradient = at::randn(sizes);
    AttentionInput input{query, key, value};
    input.causal = true;
    const auto step = [&](const at::Tensor& output) {
      output.backward(gradient);
      for (auto* tensor : {&query, &key, &value}) tensor->mutable_grad().reset();
    };
    const auto ours = [&](Kernels kernels, bool weights) {
      return [=] {
        const ComputeScope scope({.kernels = kernels});
        step(attend(input, {.weights = weights}).output);
      };
    };
    std::vector<Alternative> ways = {
        {"fused", ours(Kernels::fused, false)},
        {"libtorch",
         [&] {
           step(at::scaled_dot_product_attention(query, key, value, {}, 0,
                                                 /*is_causal=*/true));
         }},
        {"readable", ours(Kernels::reference, false)}};
    if (one.length <= longest_recorded) ways.push_back({"recorded", ours(Kernels::fused, true)});
    for (int repeat = 0; repeat < repeats; ++repeat)
      for (auto& way : ways) {
        way.run();  // fills the caches, which the previous alternative used
        way.seconds.push_back(measure_cost(way.run).seconds);
      }
    return figures(one, ways);
  }

  // The time of each alternative, and its ratio to the first one's.
  static ordered_json figures(const AttentionSizes& one, const std::vector<Alternative>& ways) {
    ordered_json result = {
        {"sizes", fmt::format("{} x {} x {} x {}", one.batch, one.heads, one.length, one.width)}};
    for (const auto& way : ways) {
      auto& row = result[way.name];
      row["ms"] = milliseconds(way.seconds);
      if (way.name != ways.front().name)
        row["ratio"] = median(row["ms"]) / median(result[ways.front().name]["ms"]);
    }
    return result;
  }
};

const Registration<Benchmark, AttentionBenchmark> attention_registration{
    "attention", "causal attention against LibTorch's, and with recorded weights"};

}  // namespace
}  // namespace heed
