#include "src/analysis/head_importance.h"

#include <ATen/core/grad_mode.h>

#include <gtest/gtest.h>

#include "tests/models/closeness.h"
#include "tests/src/analysis/small_run.h"
#include "train/evaluation.h"

namespace heed {
namespace {

SentenceSample sentences_of(const SmallRun& run) {
  return draw_sentences(*run.task, Split::validation, 40, at::TensorOptions(at::kDouble), 16);
}

HeadId head(int64_t layer, int64_t number) {
  return {.layer_id = {.kind = AttentionKind::self, .layer = layer}, .head = number};
}

TEST(HeadAblator, FindsEveryHeadAndTheIntactModelsLossAndMeasure) {
  const SmallRun run;
  const auto sentences = sentences_of(run);
  const HeadAblator ablator(*run.model, *run.task, sentences);
  EXPECT_EQ(ablator.heads(), (std::vector<HeadId>{head(0, 0), head(0, 1), head(1, 0), head(1, 1)}));
  const auto expected = evaluate(*run.model, *run.task, Split::validation);
  const std::vector<double> nothing(40, 0);
  EXPECT_NEAR(loss_increase(nothing, ablator.intact().loss).mean, expected.loss, 1e-10);
  EXPECT_NEAR(*ablator.intact_measure(), expected.find("accuracy")->accuracy(), 1e-12);
}

TEST(HeadAblator, AtZeroTheLossIsThatOfTheModelWithoutTheHeadsOutputColumns) {
  const SmallRun run;
  const auto sentences = sentences_of(run);
  const HeadAblator ablator(*run.model, *run.task, sentences);
  const double before = evaluate(*run.model, *run.task, Split::validation).loss;
  for (const auto& one : ablator.heads()) {
    const auto cost = ablator.importance(one).zero;
    const at::NoGradGuard no_gradients;
    const auto columns = run.columns_of(one.layer_id.layer, one.head), kept = columns.clone();
    columns.zero_();
    const auto without = evaluate(*run.model, *run.task, Split::validation);
    columns.copy_(kept);
    EXPECT_NEAR(cost.all.mean, without.loss - before, 1e-10) << to_string(one);
    EXPECT_NEAR(*cost.measure, without.find("accuracy")->accuracy(), 1e-12);
    EXPECT_GT(cost.all.error, 0);
    EXPECT_EQ(cost.all.sentences, 40);
  }
}

// All that recall asks is decided by its links.
TEST(HeadAblator, CountsTheAnswersThatLinksDecideApart) {
  const SmallRun run;
  auto sentences = sentences_of(run);
  const HeadAblator all(*run.model, *run.task, sentences);
  EXPECT_NEAR(all.importance(head(1, 0)).mean.loss_on_links.mean,
              all.importance(head(1, 0)).mean.all.mean, 1e-12);
  for (auto& batch : sentences.gold_links)
    batch.front().links.resize(1);  // of each batch's first row
  const HeadAblator first(*run.model, *run.task, sentences);
  EXPECT_EQ(first.importance(head(1, 0)).mean.loss_on_links.sentences, 3);
  for (auto& batch : sentences.gold_links) batch.front().decides = false;
  const HeadAblator none(*run.model, *run.task, sentences);
  EXPECT_EQ(none.importance(head(1, 0)).mean.loss_on_links.sentences, 0);
}

// A head that gives the same at all positions of all sentences is its own mean: only zero hurts.
TEST(HeadAblator, AtItsMeanAHeadThatNeverChangesCostsNothing) {
  const SmallRun run;
  {
    const at::NoGradGuard no_gradients;
    auto parameters = run.model->named_parameters();
    // The values of layer 0's head 0 come from its bias alone.
    parameters["encoder.layer0.attention.input_weight"]
        .narrow(0, 2 * SmallRun::width, SmallRun::head_width)
        .zero_();
    parameters["encoder.layer0.attention.input_bias"]
        .narrow(0, 2 * SmallRun::width, SmallRun::head_width)
        .fill_(2);
  }
  const auto sentences = sentences_of(run);
  const HeadAblator ablator(*run.model, *run.task, sentences);
  const auto importance = ablator.importance(head(0, 0));
  EXPECT_NEAR(importance.mean.all.mean, 0, 1e-10);
  EXPECT_GT(std::abs(importance.zero.all.mean), 1e-4);
  EXPECT_GT(std::abs(ablator.importance(head(0, 1)).mean.all.mean), 1e-6);
}

TEST(HeadAblator, TheGradientIsTheMeanOfAbsoluteFiniteDifferencesOfEachSentencesLoss) {
  const SmallRun run;
  const auto sentences = sentences_of(run);
  const HeadAblator ablator(*run.model, *run.task, sentences);
  constexpr double step = 1e-5;
  const at::NoGradGuard no_gradients;
  for (const auto& one : ablator.heads()) {
    const auto columns = run.columns_of(one.layer_id.layer, one.head), kept = columns.clone();
    columns.copy_(kept * (1 + step));
    const auto above = evaluate_sentences(*run.model, *run.task, sentences).loss;
    columns.copy_(kept * (1 - step));
    const auto below = evaluate_sentences(*run.model, *run.task, sentences).loss;
    columns.copy_(kept);
    double expected = 0;
    for (size_t i = 0; i < above.size(); ++i)
      expected += std::abs(above[i] - below[i]) / (2 * step) / 40;
    EXPECT_NEAR(ablator.importance(one).gradient.mean, expected, 1e-6) << to_string(one);
  }
}

TEST(HeadAblator, RemovesAWholeLayer) {
  const SmallRun run;
  const auto sentences = sentences_of(run);
  const HeadAblator ablator(*run.model, *run.task, sentences);
  const LayerId layer{.kind = AttentionKind::self, .layer = 1};
  const auto cost = ablator.cost(ablator.layer_ablation(layer));
  EXPECT_NE(cost.all.mean, ablator.importance(head(1, 0)).mean.all.mean);
  EXPECT_NE(cost.all.mean, ablator.importance(head(1, 1)).mean.all.mean);
  EXPECT_NE(cost.all.mean, 0);
}

}  // namespace
}  // namespace heed
