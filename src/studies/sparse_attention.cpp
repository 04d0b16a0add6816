#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include <algorithm>

#include "models/attention/attention.h"
#include "models/attention/attention_mask.h"
#include "models/attention/attention_pattern.h"
#include "models/attention/sliding_window_attention.h"
#include "src/bench/benchmark.h"
#include "src/figures/line_figure.h"
#include "src/studies/matrices.h"
#include "src/studies/study.h"

namespace heed {
namespace {

using nlohmann::ordered_json;

constexpr int64_t drawn = 32;   // tokens of the patterns
constexpr int64_t window = 64;  // keys of local attention
constexpr int64_t head_width = 32;

/// A pattern with some options set.
std::unique_ptr<AttentionPattern> pattern(
    const std::string& name, const std::vector<std::pair<std::string, int64_t>>& options) {
  auto result = PatternRegistry::instance().make(name);
  OptionList list;
  result->describe(list);
  for (const auto& [option, value] : options)
    *std::get<int64_t*>(list.find(option)->target) = value;
  return result;
}

// The fastest of three.
double measure_milliseconds(const std::function<void()>& work) {
  double best = measure_cost(work).seconds;
  for (int repeat = 0; repeat < 2; ++repeat) best = std::min(best, measure_cost(work).seconds);
  return 1000 * best;
}

class SparseAttentionStudy : public Study {
 public:
  int place() const override { return 7; }

  std::string asked() const override {
    return "Attention over a mask that blocks some pairs: with the blocked scores at minus "
           "infinity, and, as in textbooks, with the scores multiplied by the mask. Then local, "
           "strided and global patterns over 32 tokens, and what local attention saves.";
  }

  void run(Report& report) const override {
    const at::NoGradGuard no_gradients;
    masks(report);
    patterns(report);
    times(report);
  }

 private:
  static void masks(Report& report) {
    const auto query = make_matrix({{1, 0}, {0, 1}, {1, 1}});
    const auto& key = query;
    const auto value = make_matrix({{.5, 1}, {.2, .8}, {.9, .3}});
    const auto mask = make_matrix({{1, 1, 0}, {1, 1, 1}, {0, 1, 1}});
    const auto blocked = heed::scaled_dot_product_attention(query, key, value, matrix_mask(mask));
    const auto scores = at::matmul(query, key.t()) / std::sqrt(2.0);
    const auto multiplied = at::softmax(scores * mask, -1);
    const auto multiplied_output = at::matmul(multiplied, value);
    const auto names = numbered("x", 3);
    const double leak = (multiplied * (1 - mask)).sum().item<double>();

    report.matrix("scores Q K^T / sqrt(2)", scores, names);
    report.matrix("mask, 1 = may attend", mask, names);
    report.matrix("weights, blocked scores at minus infinity", blocked.weights, names);
    report.matrix("output", blocked.output, names);
    report.matrix("weights, scores multiplied by the mask", multiplied, names);
    report.matrix("output", multiplied_output, names);
    report.answer(
        "What is wrong with multiplying the scores by the mask?",
        fmt::format("A blocked score becomes 0, and e^0 = 1 is no less than many an allowed one: "
                    "the two blocked pairs keep a weight of {:.3f} in all ({:.3f} and {:.3f}). "
                    "What should be hidden leaks. Only e^(-infinity) is zero.",
                    leak, multiplied[0][2].item<double>(), multiplied[2][0].item<double>()));
    show_maps(report, "masked", "Minus infinity leaves blocked pairs white; multiplying does not.",
              {{"minus infinity", blocked.weights}, {"multiplied", multiplied}}, names, names);
    report.record("weights", blocked.weights);
    report.record("output", blocked.output);
    report.record("multiplied_weights", multiplied);
    report.record("multiplied_output", multiplied_output);
    report.record("leaked_weight", leak);
  }

  static void patterns(Report& report) {
    ConsoleTable table({{"pattern"}, {"pairs kept", Align::right}, {"share", Align::right}},
                       fmt::format("Patterns over {} tokens", drawn));
    std::vector<ShownMap> maps;
    auto kept = ordered_json::object();
    const auto add = [&](const std::string& name, const std::string& words,
                         const AttentionPattern& one) {
      const auto pairs = one.mask(drawn, drawn, /*causal=*/false).to(at::kDouble);
      const double share = pairs.mean().item<double>();
      table.add_row({words, fmt::format("{:.0f}", pairs.sum().item<double>()),
                     fmt::format("{:.1f} %", 100 * share)});
      maps.push_back({name, pairs});
      kept[name] = share;
    };
    add("local", "local, 4 to each side", *pattern("local", {{"window", 5}}));
    add("strided", "strided, every 6th besides", *pattern("strided", {{"stride", 6}}));
    add("global", "local, and 2 global tokens", *pattern("global", {{"window", 5}, {"tokens", 2}}));
    report.heading("Patterns");
    report.table(table);
    const auto names = numbered("", drawn);
    show_maps(report, "patterns", "Which key (column) each query (row) may attend to.", maps, names,
              names, "1: may attend");
    report.record("kept_share", kept);
  }

  void times(Report& report) const {
    ConsoleTable table(
        {{"length", Align::right},
         {"dense ms", Align::right},
         {"local ms", Align::right},
         {"speedup", Align::right}},
        fmt::format("A causal window of {} keys, one head of {}, forward", window, head_width));
    LineSeries dense_line{.name = "dense"}, sliding_line{.name = "local"};
    auto rows = ordered_json::array();
    for (int64_t length = 512; length <= (quick() ? 1024 : 4096); length *= 2) {
      const auto input = at::randn({3, 1, 1, length, head_width});
      AttentionMask mask;
      mask.window = window;
      mask.causal = true;
      const auto allowed = allowed_keys(mask, length, length);
      const double dense = measure_milliseconds([&] {
        attend({.query = input[0], .key = input[1], .value = input[2], .mask = allowed},
               {.weights = false});
      });
      const double sliding = measure_milliseconds([&] {
        sliding_window_attention(input[0], input[1], input[2], mask, nullptr, {.weights = false});
      });
      table.add_row({fmt::to_string(length), fmt::format("{:.2f}", dense),
                     fmt::format("{:.2f}", sliding), fmt::format("{:.1f}", dense / sliding)});
      rows.push_back({{"length", length}, {"dense_ms", dense}, {"local_ms", sliding}});
      dense_line.points.push_back({static_cast<double>(length), dense});
      sliding_line.points.push_back({static_cast<double>(length), sliding});
    }
    report.heading("What it saves");
    report.table(table);
    report.paragraph(
        "Dense attention computes every pair and then hides most of them: four times the work for "
        "twice the length. Local attention in blocks computes the window's pairs alone, twice the "
        "work for twice the length.");
    report.figure("times", "Time of a forward pass by length.",
                  [&](const std::filesystem::path& stem) {
                    write_line_figure({.title = "",
                                       .panels = {{.x_label = "tokens",
                                                   .y_label = "milliseconds",
                                                   .series = {dense_line, sliding_line},
                                                   .log_x = true,
                                                   .log_y = true}}},
                                      stem);
                  });
    report.record("times", rows);
  }
};

const Registration<Study, SparseAttentionStudy> sparse_attention_registration{
    "sparse-attention", "masks, patterns, and why multiplying by a mask leaks"};

}  // namespace
}  // namespace heed
