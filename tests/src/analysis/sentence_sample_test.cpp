#include "src/analysis/sentence_sample.h"

#include <gtest/gtest.h>

#include "tests/train/tasks/pair_rows.h"

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
  const auto on_links = sample.mask_links(0);  // the three behind the cue, of ten that are asked
  EXPECT_EQ(on_links.sum().item<int64_t>(), 6);
  EXPECT_TRUE(on_links.slice(1, 7).all().item<bool>());
  sample.gold_links[0][0].decides = false;
  EXPECT_FALSE(sample.mask_links(0).defined());
}

TEST(SentenceSample, OfRowsWithOneAnswerKnowsNoPositionThatDecides) {
  const auto task = prepared_task("listops");
  EXPECT_FALSE(draw_sentences(*task, Split::validation, 4, at::kFloat).mask_links(0).defined());
}

}  // namespace
}  // namespace heed
