#include <fmt/format.h>

#include <cmath>

#include "models/attention/attention.h"
#include "src/figures/line_figure.h"
#include "src/studies/matrices.h"
#include "src/studies/study.h"

namespace heed {
namespace {

constexpr int64_t queries = 400, keys = 16;

/// Of the scores of random queries and keys.
struct Measured {
  double variance;
  double entropy;   // of a row of weights, in nats
  double greatest;  // weight of a row
  double gradient;  // the Frobenius norm of d weights / d scores of a row
};

// Softmax has the Jacobian diag(p) - p p^T.
Measured measured(const at::Tensor& scores) {
  const auto weights = masked_softmax(scores, {});  // [queries, keys]
  const auto jacobian = at::diag_embed(weights) - weights.unsqueeze(2) * weights.unsqueeze(1);
  const auto mean = [](const at::Tensor& rows) { return rows.mean().item<double>(); };
  return {.variance = scores.var().item<double>(),
          .entropy = mean(-at::xlogy(weights, weights).sum(1)),
          .greatest = mean(std::get<0>(weights.max(1))),
          .gradient = mean(jacobian.flatten(1).norm(2, 1))};
}

class ScalingStudy : public Study {
 public:
  int place() const override { return 4; }

  std::string asked() const override {
    return "Scores are divided by the square root of the width of queries and keys. What is "
           "sqrt(64)? What happens to the dot products as the width grows, and what does that do "
           "to softmax and its gradient?";
  }

  void run(Report& report) const override {
    at::manual_seed(1);
    ConsoleTable table({{"d_k", Align::right},
                        {"variance", Align::right},
                        {"entropy", Align::right},
                        {"greatest weight", Align::right},
                        {"gradient", Align::right},
                        {"entropy, scaled", Align::right},
                        {"gradient, scaled", Align::right}},
                       "Random queries and keys, 16 keys per query, without and with the scale");
    auto rows = nlohmann::ordered_json::array();
    LineSeries plain{.name = "q . k"}, scaled{.name = "q . k / sqrt(d_k)"};
    auto plain_slope = plain, scaled_slope = scaled;
    Measured first{}, last{}, last_scaled{};
    for (int64_t width = 4; width <= 1024; width *= 2) {
      const auto key = at::randn({keys, width}, at::kDouble);
      const auto products = at::matmul(at::randn({queries, width}, at::kDouble), key.t());
      const double root = std::sqrt(static_cast<double>(width));
      last = measured(products);
      last_scaled = measured(products / root);
      if (width == 4) first = last;
      table.add_row({fmt::to_string(width), fmt::format("{:.1f}", last.variance),
                     fmt::format("{:.3f}", last.entropy), fmt::format("{:.3f}", last.greatest),
                     fmt::format("{:.4f}", last.gradient),
                     fmt::format("{:.3f}", last_scaled.entropy),
                     fmt::format("{:.4f}", last_scaled.gradient)});
      rows.push_back({{"d_k", width},
                      {"variance", last.variance},
                      {"entropy", last.entropy},
                      {"gradient", last.gradient},
                      {"scaled_variance", last_scaled.variance},
                      {"scaled_entropy", last_scaled.entropy},
                      {"scaled_gradient", last_scaled.gradient}});
      const auto x = static_cast<double>(width);
      plain.points.push_back({x, last.entropy});
      scaled.points.push_back({x, last_scaled.entropy});
      plain_slope.points.push_back({x, last.gradient});
      scaled_slope.points.push_back({x, last_scaled.gradient});
    }
    report.paragraph(fmt::format("sqrt(64) = {:g}.", std::sqrt(64.0)));
    report.table(table);
    report.figure("scaling",
                  "Entropy of the weights, whose most is ln 16 = 2.77, and the size of softmax's "
                  "gradient, with and without the scale.",
                  [&](const std::filesystem::path& stem) {
                    write_line_figure({.title = "",
                                       .panels = {{.title = "entropy of a row of weights",
                                                   .x_label = "d_k",
                                                   .y_label = "nats",
                                                   .series = {plain, scaled},
                                                   .log_x = true},
                                                  {.title = "softmax's gradient",
                                                   .x_label = "d_k",
                                                   .y_label = "Frobenius norm",
                                                   .series = {plain_slope, scaled_slope},
                                                   .log_x = true}}},
                                      stem);
                  });
    report.record("sqrt_64", std::sqrt(64.0));
    report.record("widths", rows);
    report.answer(
        "What happens to the dot products as d_k grows?",
        fmt::format(
            "Their variance grows as d_k, a sum of d_k products of variance one each: {:.1f} at 4, "
            "{:.0f} at 1024. Divided by sqrt(d_k) it is {:.2f} there.",
            first.variance, last.variance, last_scaled.variance));
    report.answer(
        "What does that do to softmax and its gradient?",
        fmt::format("It saturates: at 1024 the greatest of 16 weights is {:.3f} on average, the "
                    "entropy {:.3f} of at most {:.3f} nats, and the gradient {:.4f}, where the "
                    "scaled scores have {:.4f}. A weight near 0 or 1 hardly answers to its score, "
                    "so nothing is learned through it.",
                    last.greatest, last.entropy, std::log(static_cast<double>(keys)), last.gradient,
                    last_scaled.gradient));
  }
};

const Registration<Study, ScalingStudy> scaling_registration{
    "scaling", "why scores are divided by the square root of the width"};

}  // namespace
}  // namespace heed
