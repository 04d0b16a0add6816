#include "models/positions/positional_encoding.h"

#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include <cmath>
#include <numbers>

#include "models/attention/multi_head_attention.h"
#include "src/figures/line_figure.h"
#include "src/studies/lengths.h"
#include "src/studies/matrices.h"
#include "src/studies/study.h"

namespace heed {
namespace {

constexpr int64_t encoding_width = 16, shown_width = 64, positions = 100;

// The number of positions in which dimension pair 2i completes one turn.
double wave_length(int64_t pair, int64_t of_width) {
  return 2 * std::numbers::pi *
         std::pow(10000.0, 2 * static_cast<double>(pair) / static_cast<double>(of_width));
}

class PositionalEncodingStudy : public Study {
 public:
  int place() const override { return 9; }

  std::string asked() const override {
    return "Sinusoidal positions, PE(p, 2i) = sin(p / 10000^(2i/D)), PE(p, 2i+1) = cos(the same). "
           "Which dimensions are fast and which slow? How do positions 1 and 50 differ? What "
           "happens to shuffled tokens? Sinusoidal against learned positions, and other kinds, on "
           "rows "
           "longer than those of training.";
  }

  void run(Report& report) const override {
    table_of_waves(report);
    shuffled(report);
    report.heading("Longer than in training");
    const auto all = losses_by_length(
        report.folder(), {"none", "sinusoidal", "learned", "relative", "rotary", "alibi"}, quick());
    show_lengths(report, all);
    compare_learned(report, all);
  }

 private:
  // Sines and cosines apart, or each line would jump from one to the other.
  static void draw_positions(Report& report) {
    const auto table = sinusoidal_table(positions, shown_width, 0, at::kDouble);
    std::vector<LinePanel> panels = {{.title = "sines", .x_label = "dimension", .y_label = "PE"},
                                     {.title = "cosines", .x_label = "dimension"}};
    for (const int64_t position : {0, 10, 50})
      for (int64_t first = 0; first < 2; ++first) {
        LineSeries series{.name = fmt::format("position {}", position)};
        for (int64_t d = first; d < shown_width; d += 2)
          series.points.push_back({static_cast<double>(d), table[position][d].item<double>()});
        panels[static_cast<size_t>(first)].series.push_back(series);
      }
    report.figure("positions", "Three positions, dimension by dimension.",
                  [&](const std::filesystem::path& stem) {
                    write_line_figure({.title = "", .panels = panels}, stem);
                  });
  }

  static void table_of_waves(Report& report) {
    const auto table = sinusoidal_table(positions, encoding_width, 0, at::kDouble);
    for (const int64_t position : {0, 10, 50}) {
      const auto row = table[position];
      report.matrix(fmt::format("PE({}), the first 8 of {} dimensions", position, encoding_width),
                    row.narrow(0, 0, 8));
      report.record(fmt::format("pe_{}", position), row);
    }
    show_numbers(report, "table", "Positions 0 to 99 (rows) in 64 dimensions (columns).",
                 {{"PE", sinusoidal_table(positions, shown_width, 0, at::kDouble)}},
                 numbered_from_zero(positions), numbered_from_zero(shown_width));
    draw_positions(report);
    const double fast = wave_length(0, encoding_width),
                 slow = wave_length(encoding_width / 2 - 1, encoding_width);
    const double apart = (table[1] - table[50]).norm().item<double>();
    const double fast_part = (table[1] - table[50]).narrow(0, 0, 2).norm().item<double>();
    report.answer("Which dimensions are fast and which slow?",
                  fmt::format("The first two complete a turn in {:.1f} positions, the last two of "
                              "{} in {:.0f}.",
                              fast, encoding_width, slow));
    report.answer(
        "How do positions 1 and 50 differ?",
        fmt::format(
            "Their vectors are {:.2f} apart. The fast dimensions alone are not enough ({:.2f} "
            "of it): they repeat every {:.1f} positions. The slow ones have moved little, but do "
            "not repeat in a text of this length.",
            apart, fast_part, fast));
    report.record("wave_lengths", nlohmann::ordered_json::array({fast, slow}));
    report.record("distance_of_1_and_50", apart);
  }

  static std::vector<std::string> numbered_from_zero(int64_t count) {
    std::vector<std::string> names;
    for (int64_t i = 0; i < count; ++i) names.push_back(std::to_string(i));
    return names;
  }

  static void shuffled(Report& report) {
    const at::NoGradGuard no_gradients;
    at::manual_seed(1);
    MultiHeadAttention attention(MultiHeadAttentionOptions{.width = encoding_width, .heads = 2});
    attention->to(at::kDouble);
    const auto x = at::randn({1, 6, encoding_width}, at::kDouble);
    const auto order = at::tensor({3, 0, 5, 1, 4, 2}, at::kLong);
    const auto places = sinusoidal_table(6, encoding_width, 0, at::kDouble);
    const auto attend = [&](const at::Tensor& tokens) {
      return attention->forward(tokens, tokens, tokens).output;
    };
    const auto difference = [&](const at::Tensor& added) {
      const auto before = attend(x + added).index_select(1, order);
      return largest_difference(attend(x.index_select(1, order) + added), before);
    };
    const double without = difference(at::zeros_like(places)), with = difference(places);
    report.heading("Shuffled tokens");
    report.answer(
        "What happens to shuffled tokens?",
        fmt::format(
            "Without positions the outputs are the same, in the shuffled order (they differ "
            "by at most {:.1e}): attention sees a set. With positions added they differ by "
            "up to {:.3f}.",
            without, with));
    report.record("max_difference_shuffled", without);
    report.record("max_difference_shuffled_with_positions", with);
  }

  static void compare_learned(Report& report, const std::vector<LengthLosses>& all) {
    const auto of = [&](const std::string& name) {
      return std::ranges::find(all, name, &LengthLosses::position)->losses;
    };
    const auto sinusoidal = of("sinusoidal"), learned = of("learned");
    const auto best = std::ranges::min_element(all, [](const auto& a, const auto& b) {
      const double x = a.losses.back(), y = b.losses.back();
      return std::isnan(y) ? !std::isnan(x) : x < y;
    });
    report.answer(
        "Sinusoidal against learned?",
        fmt::format("On rows as long as in training {:.3f} and {:.3f} nats. A learned table has no "
                    "row for a position that training never showed, so there its model ends. The "
                    "sinusoidal one can be computed anywhere, but what the model makes of it was "
                    "only learned nearby: {:.3f} at {} tokens. The lowest loss there is that of {} "
                    "({:.3f}).",
                    sinusoidal.front(), learned.front(), sinusoidal.back(), tested_lengths().back(),
                    best->position, best->losses.back()));
  }
};

const Registration<Study, PositionalEncodingStudy> positional_encoding_registration{
    "positional-encoding", "positional encoding: waves, shuffled tokens, and longer rows"};

}  // namespace
}  // namespace heed
