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

HeadPlace head(int64_t layer, int64_t number) {
  return {.place = {.kind = AttentionKind::self, .layer = layer}, .head = number};
}

TEST(HeadRemover, FindsEveryHeadAndTheIntactModelsLossAndMeasure) {
  const SmallRun run;
  const auto sentences = sentences_of(run);
  const HeadRemover remover(*run.model, *run.task, sentences);
  EXPECT_EQ(remover.heads(),
            (std::vector<HeadPlace>{head(0, 0), head(0, 1), head(1, 0), head(1, 1)}));
  const auto expected = evaluate(*run.model, *run.task, Split::validation);
  const std::vector<double> nothing(40, 0);
  EXPECT_NEAR(rise(nothing, remover.intact().loss).mean, expected.loss, 1e-10);
  EXPECT_NEAR(*remover.intact_measure(), expected.find("accuracy")->accuracy(), 1e-12);
}

TEST(HeadRemover, AtZeroTheLossIsThatOfTheModelWithoutTheHeadsOutputColumns) {
  const SmallRun run;
  const auto sentences = sentences_of(run);
  const HeadRemover remover(*run.model, *run.task, sentences);
  const double before = evaluate(*run.model, *run.task, Split::validation).loss;
  for (const auto& one : remover.heads()) {
    const auto cost = remover.worth(one).zero;
    const at::NoGradGuard no_gradients;
    const auto columns = run.columns_of(one.place.layer, one.head), kept = columns.clone();
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
TEST(HeadRemover, CountsTheAnswersThatLinksDecideApart) {
  const SmallRun run;
  auto sentences = sentences_of(run);
  const HeadRemover all(*run.model, *run.task, sentences);
  EXPECT_NEAR(all.worth(head(1, 0)).mean.loss_on_links.mean, all.worth(head(1, 0)).mean.all.mean, 1e-12);
  for (auto& batch : sentences.gold_links) batch.front().links.resize(1);  // of each batch's first row
  const HeadRemover first(*run.model, *run.task, sentences);
  EXPECT_EQ(first.worth(head(1, 0)).mean.loss_on_links.sentences, 3);
  for (auto& batch : sentences.gold_links) batch.front().decides = false;
  const HeadRemover none(*run.model, *run.task, sentences);
  EXPECT_EQ(none.worth(head(1, 0)).mean.loss_on_links.sentences, 0);
}

// A head that gives the same at all positions of all sentences is its own mean: only zero hurts.
TEST(HeadRemover, AtItsMeanAHeadThatNeverChangesCostsNothing) {
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
  const HeadRemover remover(*run.model, *run.task, sentences);
  const auto worth = remover.worth(head(0, 0));
  EXPECT_NEAR(worth.mean.all.mean, 0, 1e-10);
  EXPECT_GT(std::abs(worth.zero.all.mean), 1e-4);
  EXPECT_GT(std::abs(remover.worth(head(0, 1)).mean.all.mean), 1e-6);
}

TEST(HeadRemover, TheGradientIsTheMeanOfAbsoluteFiniteDifferencesOfEachSentencesLoss) {
  const SmallRun run;
  const auto sentences = sentences_of(run);
  const HeadRemover remover(*run.model, *run.task, sentences);
  constexpr double step = 1e-5;
  const at::NoGradGuard no_gradients;
  for (const auto& one : remover.heads()) {
    const auto columns = run.columns_of(one.place.layer, one.head), kept = columns.clone();
    columns.copy_(kept * (1 + step));
    const auto above = evaluate_sentences(*run.model, *run.task, sentences).loss;
    columns.copy_(kept * (1 - step));
    const auto below = evaluate_sentences(*run.model, *run.task, sentences).loss;
    columns.copy_(kept);
    double expected = 0;
    for (size_t i = 0; i < above.size(); ++i)
      expected += std::abs(above[i] - below[i]) / (2 * step) / 40;
    EXPECT_NEAR(remover.worth(one).gradient.mean, expected, 1e-6) << to_string(one);
  }
}

TEST(HeadRemover, RemovesAWholeLayer) {
  const SmallRun run;
  const auto sentences = sentences_of(run);
  const HeadRemover remover(*run.model, *run.task, sentences);
  const AttentionPlace layer{.kind = AttentionKind::self, .layer = 1};
  const auto cost = remover.cost(remover.removal_of(layer));
  EXPECT_NE(cost.all.mean, remover.worth(head(1, 0)).mean.all.mean);
  EXPECT_NE(cost.all.mean, remover.worth(head(1, 1)).mean.all.mean);
  EXPECT_NE(cost.all.mean, 0);
}

}  // namespace
}  // namespace heed
