#include "src/analysis/sentence_sample.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/src/analysis/small_run.h"
#include "tests/train/tasks/pair_rows.h"
#include "train/evaluation.h"

namespace heed {
namespace {

TEST(SentenceSample, IsTheFirstRowsOfASplitInBatchesWithTheirLinks) {
  const auto task = prepared_task("recall", {{"evaluation_rows", int64_t{20}}});
  const auto sample = draw_sentences(*task, Split::validation, 10, at::kFloat, 4);
  EXPECT_EQ(sample.count, 10);
  ASSERT_EQ(sample.batches.size(), 3U);
  EXPECT_EQ(sample.batches[2].input.values.size(0), 2);
  EXPECT_TRUE(
      sample.batches[1].input.values.equal(task->batch(Split::validation, 4, 4).input.values));
  EXPECT_EQ(sample.gold_links[1].at(0).links.size(), 32U);  // eight queries a row
  EXPECT_EQ(draw_sentences(*task, Split::validation, 99, at::kFloat).count, 20);
}

TEST(SentenceSample, KnowsWhichAnswersLinksDecide) {
  const auto task = prepared_task("copy", {{"symbols", int64_t{3}}, {"gap", int64_t{4}}});
  auto sample = draw_sentences(*task, Split::validation, 2, at::kFloat);
  const auto on_links = sample.mask_links(0);  // the three after the cue, of ten scored answers
  EXPECT_EQ(on_links.sum().item<int64_t>(), 6);
  EXPECT_TRUE(on_links.slice(1, 7).all().item<bool>());
  sample.gold_links[0][0].decides = false;
  EXPECT_FALSE(sample.mask_links(0).defined());
}

TEST(SentenceSample, OfRowsWithOneAnswerKnowsNoPositionThatDecides) {
  const auto task = prepared_task("listops");
  EXPECT_FALSE(draw_sentences(*task, Split::validation, 4, at::kFloat).mask_links(0).defined());
}

TEST(Performance, OfAllSentencesIsWhatEvaluationFinds) {
  const SmallRun run;
  const auto sample =
      draw_sentences(*run.task, Split::validation, 40, at::TensorOptions(at::kDouble), 7);
  const auto found = evaluate_sentences(*run.model, *run.task, sample);
  ASSERT_EQ(found.loss.size(), 40U);
  const auto expected = evaluate(*run.model, *run.task, Split::validation);
  EXPECT_NEAR(loss_increase(std::vector<double>(40, 0), found.loss).mean, expected.loss, 1e-10);
  EXPECT_EQ(found.scores.find("accuracy")->correct, expected.find("accuracy")->correct);
}

TEST(LossIncrease, IsTheMeanDifferenceWithItsStandardErrorAndLeavesOutWhatIsUnknown) {
  const auto nan = std::numeric_limits<double>::quiet_NaN();
  const auto found = loss_increase({1, 2, nan, 4}, {2, 5, 7, nan});
  EXPECT_EQ(found.sentences, 2);
  EXPECT_DOUBLE_EQ(found.mean, 2);
  EXPECT_DOUBLE_EQ(found.error, 1);  // differences 1 and 3: deviation sqrt(2), over sqrt(2)
  EXPECT_TRUE(std::isnan(loss_increase({nan}, {1}).mean));
}

}  // namespace
}  // namespace heed
