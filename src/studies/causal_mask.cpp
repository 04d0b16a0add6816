#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include <limits>

#include "models/attention/attention.h"
#include "models/attention/attention_mask.h"
#include "models/transformer/transformer.h"
#include "src/console/progress_bar.h"
#include "src/figures/line_figure.h"
#include "src/studies/matrices.h"
#include "src/studies/study.h"
#include "src/studies/trained_run.h"
#include "train/gradients.h"
#include "train/optimizers/flat_parameters.h"
#include "train/optimizers/optimizer.h"

namespace heed {
namespace {

/// A small transformer for the words of a task, whose self-attention is causal or not.
std::shared_ptr<Transformer> transformer(SequenceShape shape, bool causal) {
  // A model that sees later tokens is allowed only where hidden words are to be filled in.
  if (!causal) shape.context = SequenceShape::Context::any;
  at::manual_seed(1);
  return std::make_shared<Transformer>(
      TransformerOptions{.layers = 1, .heads = 2, .d_model = 32, .causal = causal}, shape);
}

class CausalMaskStudy : public Study {
 public:
  int place() const override { return 5; }

  std::string asked() const override {
    return "The causal mask of \"The cat sat\". What is the score of a masked position before "
           "softmax? Does "
           "a later token change an earlier output? And what happens to a language model that is "
           "trained without the mask?";
  }

  void run(Report& report) const override {
    matrices(report);
    leak(report);
    cheating(report);
  }

 private:
  static void matrices(Report& report) {
    const std::vector<std::string> words = {"The", "cat", "sat"};
    const auto mask = causal_mask(3, 3);
    const auto added = additive_mask(mask, at::kDouble);
    report.matrix("may attend (1) or not (0)", mask.to(at::kDouble), words);
    report.matrix("what is added to the scores", added, words);
    show_maps(report, "mask", "Each word sees itself and what comes before it.",
              {{"causal mask", mask.to(at::kDouble)}}, words, words, "1: may attend");
    report.record("mask", mask.to(at::kDouble));
    report.answer("What is the score of a masked position before softmax?",
                  "Minus infinity, whose exponential is exactly zero. A large negative number "
                  "would do nearly the same, zero would not: e^0 is one.");
  }

  // All tokens after position 3 of 8 are changed.
  static void leak(Report& report) {
    const at::NoGradGuard no_gradients;
    constexpr int64_t length = 8, kept = 4, vocabulary = 20;
    const SequenceShape shape{
        .vocabulary = vocabulary, .output_width = vocabulary, .max_length = length};
    const auto tokens = at::arange(length).view({1, length});
    auto changed = tokens.clone();
    changed.narrow(1, kept, length - kept).add_(length);
    const auto difference = [&](bool causal) {
      const auto model = transformer(shape, causal);
      model->eval();
      const auto early = [&](const at::Tensor& text) {
        return model->forward({.values = text}).narrow(1, 0, kept);
      };
      return largest_difference(early(tokens), early(changed));
    };
    const double with_mask = difference(true), without = difference(false);
    report.heading("Does the future leak?");
    report.paragraph(fmt::format(
        "A transformer reads 8 tokens, then the same with the last 4 replaced. Its answers at the "
        "first 4 positions differ by at most {:.1e} with the mask, without it by {:.2f}.",
        with_mask, without));
    report.record("max_leak", with_mask);
    report.record("max_leak_without_mask", without);
  }

  void cheating(Report& report) const {
    const auto task = TaskRegistry::instance().make("grammar");
    task->prepare({.seed = 1, .context = 24});
    const double bound = task->bound().value();
    const int64_t steps = quick() ? 60 : 400;
    LineSeries honest{.name = "with the mask"}, blind{.name = "without the mask"};
    const double with_mask = trained(*task, true, steps, honest),
                 without = trained(*task, false, steps, blind);
    report.heading("A language model without the mask");
    report.figure("cheating",
                  "Training loss with and without the mask. The line is the entropy of the "
                  "language: no model that does not see the answer can stay below it.",
                  [&](const std::filesystem::path& stem) {
                    write_line_figure(
                        {.title = "",
                         .panels = {{.x_label = "step",
                                     .y_label = "nats per token",
                                     .series = {honest, blind},
                                     .references = {{.label = "entropy", .y = bound}}}}},
                        stem);
                  });
    report.record("entropy", bound);
    report.record("loss_with_mask", with_mask);
    report.record("loss_without_mask", without);
    report.answer(
        "Why does language modelling need the mask?",
        fmt::format("After {} steps on the built-in language, whose entropy is {:.3f} nats per "
                    "token, the model without the mask has a training loss of {:.3f}, {}; with the "
                    "mask it has {:.3f}. It does not predict: the answer is the next token of its "
                    "input, and it copies that. When text is generated, there is no next token.",
                    steps, bound, without,
                    without < bound ? "less than any honest model can have"
                                    : "not yet below what an honest one can have",
                    with_mask));
  }

  // The mean loss of the last steps.
  static double trained(const Task& task, bool causal, int64_t steps, LineSeries& curve) {
    constexpr int64_t rows = 32, shown = 20;
    const auto model = transformer(task.shape(), causal);
    model->train();
    FlatParameters parameters(*model);
    const auto optimizer = OptimizerRegistry::instance().make("adamw");
    optimizer->attach(parameters, {});
    const TrainOptions options;
    LocalGradients gradients(*model, task, parameters, options);
    ProgressBar bar(curve.name, steps);
    double sum = 0, last = std::numeric_limits<double>::quiet_NaN();
    for (int64_t step = 1; step <= steps; ++step) {
      const auto batch = task.batch(Split::train, step * rows, rows);
      sum += gradients.of_batch(batch, {}, /*seed=*/1).mean;
      optimizer->step(3e-3);
      bar.update(step, last, std::numeric_limits<double>::quiet_NaN());
      if (step % shown != 0) continue;
      last = sum / shown;
      curve.points.push_back({static_cast<double>(step), last});
      sum = 0;
    }
    return last;
  }
};

const Registration<Study, CausalMaskStudy> causal_mask_registration{
    "causal-mask", "the causal mask, and how a model cheats without it"};

}  // namespace
}  // namespace heed
