#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include "models/transformer/encoder.h"
#include "src/studies/matrices.h"
#include "src/studies/study.h"

namespace heed {
namespace {

constexpr int64_t tokens = 5, width = 8;

at::Tensor cosine_similarities(const at::Tensor& rows) {
  const auto units = rows / rows.norm(2, 1, true);
  return at::matmul(units, units.t());
}

// Over all pairs of different rows.
double mean_similarity(const at::Tensor& similarities) {
  const auto count = static_cast<double>(tokens * (tokens - 1));
  return (similarities.sum() - similarities.diagonal().sum()).item<double>() / count;
}

class EncoderBlockStudy : public Study {
 public:
  int place() const override { return 8; }

  std::string asked() const override {
    return "One encoder block, post-norm as in the paper of 2017, over 5 tokens of width 8: "
           "self-attention, layer norm (gamma 1, beta 0), a ReLU feed-forward network four times "
           "as wide, residual connections. Do the representations become richer? What changed in "
           "the "
           "similarities between tokens?";
  }

  void run(Report& report) const override {
    const at::NoGradGuard no_gradients;
    at::manual_seed(42);
    EncoderLayer block(EncoderOptions{.width = width,
                                      .heads = 2,
                                      .feed_forward = 4 * width,
                                      .activation = Activation::relu,
                                      .norm_first = false},
                       0);
    block->to(at::kDouble);
    block->eval();
    const auto before = at::randn({tokens, width}, at::kDouble);
    const auto after = block->forward(before.unsqueeze(0))[0];
    const auto similar_before = cosine_similarities(before),
               similar_after = cosine_similarities(after);
    const auto names = numbered("x", tokens), columns = numbered("", width);

    report.paragraph("x1 = Norm(x + Attention(x)), then x2 = Norm(x1 + FeedForward(x1)).");
    report.matrix("before, 5 x 8", before, names);
    report.matrix("after, 5 x 8", after, names);
    report.matrix("cosine similarities before", similar_before, names);
    report.matrix("cosine similarities after", similar_after, names);
    show_numbers(report, "representations", "The tokens before and after, one per row.",
                 {{"before", before}, {"after", after}}, names, columns);
    show_numbers(report, "similarities", "How similar any two tokens are, before and after.",
                 {{"before", similar_before}, {"after", similar_after}}, names, names);
    report.record("input", before);
    report.record("output", after);
    report.record("similarities_before", similar_before);
    report.record("similarities_after", similar_after);
    answers(report, *block, before, after);
  }

 private:
  static void answers(Report& report, EncoderLayerImpl& block, const at::Tensor& before,
                      const at::Tensor& after) {
    auto other = before.clone();
    other[0] = -other[0];
    const auto moved = block.forward(other.unsqueeze(0))[0] - after;
    const double change = moved.narrow(0, 1, tokens - 1).norm().item<double>();
    const double means = after.mean(1).abs().max().item<double>();
    const double before_mean = mean_similarity(cosine_similarities(before)),
                 after_mean = mean_similarity(cosine_similarities(after));
    report.record("change_of_other_tokens", change);
    report.record("largest_row_mean", means);
    report.record("mean_similarity_before", before_mean);
    report.record("mean_similarity_after", after_mean);
    report.answer(
        "Do the representations become richer?",
        fmt::format(
            "Each token now holds something of the others: when token 1 alone is negated, "
            "the outputs of the other four move by {:.2f} in all, while their inputs do not "
            "depend on it. Only training makes this information useful; these weights are "
            "random.",
            change));
    report.answer(
        "What changed in the similarities?",
        fmt::format("The mean cosine similarity of two different tokens went from {:.3f} to "
                    "{:.3f}; with random weights chance decides which way. The norm leaves each "
                    "row with mean zero (within {:.0e}) and variance one, so that tokens now "
                    "differ in direction alone.",
                    before_mean, after_mean, means));
  }
};

const Registration<Study, EncoderBlockStudy> encoder_block_registration{
    "encoder-block", "an encoder block, before and after"};

}  // namespace
}  // namespace heed
