#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include <cmath>

#include "models/attention/attention.h"
#include "models/compute.h"
#include "models/positions/positional_encoding.h"
#include "src/studies/lengths.h"
#include "src/studies/matrices.h"
#include "src/studies/study.h"

namespace heed {
namespace {

constexpr int64_t length = 5, key_width = 4;  // of one head

/// The four terms of each score, computed by definition, one pair at a time.
struct Terms {
  at::Tensor content = at::zeros({length, length}, at::kDouble);        // q_i . k_j
  at::Tensor distance = at::zeros({length, length}, at::kDouble);       // q_i . W_R r_(i-j)
  at::Tensor content_bias = at::zeros({length, length}, at::kDouble);   // u . k_j
  at::Tensor position_bias = at::zeros({length, length}, at::kDouble);  // v . W_R r_(i-j)

  at::Tensor scores() const {
    return (content + distance + content_bias + position_bias) /
           std::sqrt(static_cast<double>(key_width));
  }
};

Terms terms_by_loops(const at::Tensor& query, const at::Tensor& key,
                     const AttentionPositions& positions) {
  const auto parameters = positions.named_parameters();
  const auto weight = parameters["distance_weight"];
  const auto u = parameters["content_bias"], v = parameters["position_bias"];
  Terms terms;
  for (int64_t i = 0; i < length; ++i)
    for (int64_t j = 0; j < length; ++j) {
      const auto r = at::matmul(weight, sinusoidal_table(1, key_width, i - j, at::kDouble)[0]);
      terms.content[i][j] = query[i].dot(key[j]);
      terms.distance[i][j] = query[i].dot(r);
      terms.content_bias[i][j] = u.dot(key[j]);
      terms.position_bias[i][j] = v.dot(r);
    }
  return terms;
}

class RelativePositionStudy : public Study {
 public:
  int place() const override { return 11; }

  std::string asked() const override {
    return "Transformer-XL's relative positions: a score is made of four terms. Compute them with "
           "the relative shift, and hold them against a direct double loop. Draw the position "
           "bias. Train on short rows and test on long ones.";
  }

  void run(Report& report) const override {
    terms(report);
    report.heading("Trained short, tested long");
    const auto all =
        losses_by_length(report.folder(), {"relative", "sinusoidal", "learned"}, quick());
    show_lengths(report, all);
    report.answer(
        "What happens on longer rows?",
        fmt::format("Scores depend on the distance alone, so every place of a long row looks like "
                    "one of a short row: from {} to {} tokens the loss goes from {:.3f} to {:.3f}, "
                    "with absolute sinusoidal positions from {:.3f} to {:.3f}.",
                    tested_lengths().front(), tested_lengths().back(), all[0].losses.front(),
                    all[0].losses.back(), all[1].losses.front(), all[1].losses.back()));
  }

 private:
  static void terms(Report& report) {
    const at::NoGradGuard no_gradients;
    at::manual_seed(3);
    const auto positions =
        PositionRegistry::instance().make("relative")->build_for_attention(1, key_width);
    positions->to(at::kDouble);
    for (auto& parameter : positions->parameters()) parameter.normal_();
    const auto query = at::randn({length, key_width}, at::kDouble),
               key = at::randn({length, key_width}, at::kDouble),
               value = at::randn({length, key_width}, at::kDouble);
    AttentionInput input{query.view({1, 1, length, key_width}), key.view({1, 1, length, key_width}),
                         value.view({1, 1, length, key_width})};
    positions->add_position_bias(input, 0);
    const ComputeScope reference({.kernels = Kernels::reference});
    const auto shifted = attend(input).weights[0][0];
    const auto loops = terms_by_loops(query, key, *positions);
    const double difference = largest_difference(shifted, at::softmax(loops.scores(), -1));
    const auto names = numbered("x", length);

    report.paragraph(
        "S_ij = (q_i . k_j + q_i . W_R r_(i-j) + u . k_j + v . W_R r_(i-j)) / sqrt(K), with the "
        "sinusoidal vector r of the distance and two trained vectors u and v.");
    report.matrix("q_i . k_j: what is asked and what is offered", loops.content, names);
    report.matrix("q_i . W_R r_(i-j): what is asked, and how far away", loops.distance, names);
    report.matrix("u . k_j: what is offered, for every query", loops.content_bias, names);
    report.matrix("v . W_R r_(i-j): how far away, for every query", loops.position_bias, names);
    report.matrix("softmax of their sum", shifted, names);
    report.paragraph(fmt::format(
        "The models compute (q_i + v) . W_R r_d for each of the 2 T - 1 distances once and shift "
        "row i by i places (1901.02860, appendix B). That gives the weights of the double loop "
        "within {:.1e}. In the last matrix but one each diagonal holds one number: it depends "
        "on i - j alone.",
        difference));
    show_numbers(report, "position_bias", "The position bias, equal along each diagonal.",
                 {{"v . W_R r", loops.position_bias}}, names, names);
    report.record("max_difference_to_loops", difference);
    report.record("weights", shifted);
    report.record("position_bias", loops.position_bias);
  }
};

const Registration<Study, RelativePositionStudy> relative_position_registration{
    "relative-position", "Transformer-XL's four terms, and rows longer than in training"};

}  // namespace
}  // namespace heed
