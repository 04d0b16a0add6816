#include <fmt/format.h>

#include <cmath>

#include "models/attention/attention.h"
#include "models/attention/attention_mask.h"
#include "src/studies/matrices.h"
#include "src/studies/study.h"

namespace heed {
namespace {

double at_place(const at::Tensor& matrix, int64_t row, int64_t column) {
  return matrix[row][column].item<double>();
}

std::string compared(double a, double b) {
  return a > b ? "more" : a < b ? "less" : "just as much";
}

class ScaledDotProductStudy : public Study {
 public:
  int place() const override { return 3; }

  std::string asked() const override {
    return "Two queries attend to three keys of width 4: scores, weights, output, and the same "
           "under a causal mask. Does token 1 attend more to token 1 or to token 3? Why more to "
           "key 1 than to key 2? Why does generation need the mask? Do the rows sum to one?";
  }

  void run(Report& report) const override {
    const auto query = make_matrix({{1, 0, 1, 0}, {0, 1, 0, 1}});
    const auto key = make_matrix({{1, 0, 1, 0}, {0, 1, 0, 1}, {1, 1, 0, 0}});
    const auto value = make_matrix({{1, 0}, {0, 1}, {.5, .5}});
    const auto scores = at::matmul(query, key.t()) / 2.0;  // sqrt(4)
    const auto open = heed::scaled_dot_product_attention(query, key, value);
    const auto mask = matrix_mask(at::tril(at::ones({2, 3})));
    const auto causal = heed::scaled_dot_product_attention(query, key, value, mask);
    const auto queries = numbered("q", 2), keys = numbered("k", 3);

    report.matrix("S = Q K^T / sqrt(4)", scores, queries);
    report.matrix("A = softmax(S)", open.weights, queries);
    report.matrix("output = A V", open.output, queries);
    report.heading("With a causal mask");
    report.paragraph(
        "Query 1 may see key 1, query 2 the keys 1 and 2. What is hidden gets the score minus "
        "infinity, whose exponential is exactly zero.");
    report.matrix("A under the mask", causal.weights, queries);
    report.matrix("output under the mask", causal.output, queries);
    show_maps(report, "weights", "The weights without and with the mask; white is exactly zero.",
              {{"open", open.weights}, {"causal", causal.weights}}, queries, keys);
    report.record("scores", scores);
    report.record("weights", open.weights);
    report.record("output", open.output);
    report.record("causal_weights", causal.weights);
    report.record("causal_output", causal.output);
    batches(report, query, key, value, open);
    large_scores(report);
    answers(report, scores, open, causal);
  }

 private:
  static void batches(Report& report, const at::Tensor& query, const at::Tensor& key,
                      const at::Tensor& value, const AttentionResult& alone) {
    const auto batched = heed::scaled_dot_product_attention(
        at::stack({query, -query}), at::stack({key, 2 * key}), at::stack({value, value.flip(0)}));
    const double difference = std::max(largest_difference(batched.output[0], alone.output),
                                       largest_difference(batched.weights[0], alone.weights));
    report.heading("Batches");
    report.paragraph(fmt::format(
        "Inputs [B, T, K] are B problems side by side. In a batch of two the first of them "
        "differs from the one computed alone by at most {:.1e}.",
        difference));
    report.record("batch_difference", difference);
  }

  static void large_scores(Report& report) {
    const auto scores = at::tensor({1000.0, 999.0, 998.0}).to(at::kFloat).view({1, 3});
    const auto plain = scores.exp() / scores.exp().sum(-1, true);
    const auto stable = masked_softmax(scores, {});
    const auto shifted = masked_softmax(scores - 1000, {});
    report.heading("Scores of 1000");
    report.paragraph(
        "e^1000 is more than a float can hold, so softmax computed by its formula divides infinity "
        "by infinity. Subtracting the row's largest score first changes no weight, and then no "
        "exponential is above one.");
    report.matrix("scores", scores);
    report.matrix("exp(s) / sum(exp(s))", plain);
    report.matrix("exp(s - max) / sum(exp(s - max))", stable);
    report.record("plain_softmax_is_finite", plain.isfinite().all().item<bool>());
    report.record("stable_softmax", stable);
    report.record("stable_difference", largest_difference(stable, shifted));
  }

  static void answers(Report& report, const at::Tensor& scores, const AttentionResult& open,
                      const AttentionResult& causal) {
    const double to1 = at_place(open.weights, 0, 0), to2 = at_place(open.weights, 0, 1),
                 to3 = at_place(open.weights, 0, 2);
    report.heading("Answers");
    report.answer(
        "Does token 1 attend more to token 1 or to token 3, and why?",
        fmt::format("{} to itself: {:.4f} against {:.4f}. Its query shares both of its ones with "
                    "key 1 and one of them with key 3, so the scores are {:.1f} and {:.1f}.",
                    to1 > to3 ? "More" : "Not more", to1, to3, at_place(scores, 0, 0),
                    at_place(scores, 0, 2)));
    report.answer(
        "Why does query 1 attend more to key 1 than to key 2?",
        fmt::format("It attends {} to key 1 ({:.4f} against {:.4f}): query 1 and key 1 point in "
                    "one direction, query 1 and key 2 are orthogonal, score {:.1f}. A score of "
                    "zero is no weight of zero: softmax gives every visible key something.",
                    compared(to1, to2), to1, to2, at_place(scores, 0, 1)));
    report.answer(
        "Why does generation need the mask?",
        fmt::format("When a text is generated, what comes later is not there yet. A model that "
                    "was trained with it in sight has learned to copy what it should predict. "
                    "Under the mask query 1 gives its whole weight, {:.4f}, to key 1.",
                    at_place(causal.weights, 0, 0)));
    const double off = std::max((open.weights.sum(1) - 1).abs().max().item<double>(),
                                (causal.weights.sum(1) - 1).abs().max().item<double>());
    report.answer("Do the rows sum to one?",
                  fmt::format("With the mask and without it, within {:.1e}: softmax divides each "
                              "row by its own sum.",
                              off));
    report.record("row_sum_error", off);
  }
};

const Registration<Study, ScaledDotProductStudy> scaled_dot_product_registration{
    "scaled-dot-product", "scaled dot-product attention, open and causal, step by step"};

}  // namespace
}  // namespace heed
