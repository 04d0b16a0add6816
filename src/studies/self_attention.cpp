#include <cmath>

#include "models/attention/attention.h"
#include "src/studies/matrices.h"
#include "src/studies/study.h"

namespace heed {
namespace {

class SelfAttentionStudy : public Study {
 public:
  int place() const override { return 2; }

  std::string asked() const override {
    return "Three tokens of width 2 attend to each other. Compute queries, keys and values, the "
           "scores, the attention weights and the output.";
  }

  void run(Report& report) const override {
    const auto x = make_matrix({{1, 0}, {0, 1}, {1, 1}});
    const auto query_weight = make_matrix({{.1, .3}, {.5, .7}});
    const auto key_weight = make_matrix({{.2, .4}, {.6, .8}});
    const auto value_weight = make_matrix({{.1, .5}, {.3, .7}});
    const auto query = at::matmul(x, query_weight), key = at::matmul(x, key_weight),
               value = at::matmul(x, value_weight);
    const auto scores = at::matmul(query, key.t()) / std::sqrt(2.0);
    const auto result = heed::scaled_dot_product_attention(query, key, value);
    const auto tokens = numbered("x", 3);

    report.matrix("X, one token per row", x, tokens);
    report.paragraph(
        "Each token is multiplied by three trained matrices: what it asks for (query), what it "
        "offers to be found by (key), and what it hands over when it is found (value).");
    report.matrix("Q = X W_Q", query, tokens);
    report.matrix("K = X W_K", key, tokens);
    report.matrix("V = X W_V", value, tokens);
    report.paragraph(
        "A score is the dot product of a query and a key. Dividing by the square root of their "
        "width, 2, keeps the size of the scores independent of the width.");
    report.matrix("S = Q K^T / sqrt(2)", scores, tokens);
    report.paragraph("Softmax turns each row of scores into weights that sum to one.");
    report.matrix("A = softmax(S)", result.weights, tokens);
    report.matrix("output = A V", result.output, tokens);
    report.paragraph(
        "Each row of the output is a mixture of the rows of V. The scores are small, so all "
        "weights are near 1/3, and the outputs near the mean of the values.");
    show_maps(report, "weights", "The attention weights: one row per query, one column per key.",
              {{"weights", result.weights}}, tokens, tokens);
    for (const auto& [name, numbers] : {std::pair{"query", query}, {"key", key}, {"value", value}})
      report.record(name, numbers);
    report.record("scores", scores);
    report.record("weights", result.weights);
    report.record("output", result.output);
  }
};

const Registration<Study, SelfAttentionStudy> self_attention_registration{
    "self-attention", "self-attention with numbers small enough to follow by hand"};

}  // namespace
}  // namespace heed
