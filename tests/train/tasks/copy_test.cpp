#include <gmock/gmock.h>

#include <set>

#include "tests/train/tasks/answer_links.h"
#include "tests/train/tasks/guesses.h"
#include "tests/train/tasks/pair_rows.h"

namespace heed {
namespace {

TEST(CopyTask, ARowIsSymbolsThenBlanksThenACueThenBlanks) {
  const auto task = prepared_task("copy", {{"symbols", 4}, {"gap", 7}});
  EXPECT_EQ(task->tokenizer()->decode({blank_word, cue_word}), ". ?");
  for (const auto& row : to_rows(task->batch(Split::train, 0, 100).input.values)) {
    ASSERT_EQ(row.size(), 7u + 2 * 4);  // T + 2 M
    for (size_t t = 0; t < row.size(); ++t) {
      ASSERT_EQ(row[t] > cue_word, t < 4) << t;
      ASSERT_EQ(row[t] == cue_word, t == 4 + 6) << t;
    }
  }
}

TEST(CopyTask, TheAnswersAfterTheCueAreTheSymbolsInOrder) {
  const auto task = prepared_task("copy", {{"symbols", 4}, {"gap", 7}});
  const auto batch = task->batch(Split::train, 0, 100);
  const auto read = to_rows(batch.input.values), asked = to_rows(batch.targets);
  for (size_t b = 0; b < read.size(); ++b)
    for (size_t t = 0; t < 15; ++t) ASSERT_EQ(asked[b][t], t < 11 ? blank_word : read[b][t - 11]);
}

TEST(CopyTask, EverySymbolOfTheAlphabetComes) {
  const auto task = prepared_task("copy", {{"alphabet", 5}});
  std::set<int64_t> seen;
  for (const auto& row : to_rows(task->batch(Split::train, 0, 50).input.values))
    seen.insert(row.begin(), row.end());
  EXPECT_EQ(seen.size(), 2u + 5);
  EXPECT_EQ(task->shape().vocabulary, 2 + 5);
  EXPECT_EQ(task->shape().output_width, 2 + 5);
}

TEST(CopyTask, AMemorylessPredictorGivesTheBaseline) {
  const auto task = prepared_task("copy", {{"symbols", 5}, {"gap", 30}});
  const auto batch = task->batch(Split::validation, 0, 300);
  at::manual_seed(1);
  // A blank up to the cue, then any symbol.
  auto classes = at::zeros({300, 40, 10}, at::kBool);
  classes.narrow(1, 0, 35).select(2, blank_word).fill_(true);
  classes.narrow(1, 35, 5).narrow(2, 2, 8).fill_(true);
  const auto measured = guesses(*task, batch, classes);
  EXPECT_NEAR(measured.loss, 5 * std::log(8.0) / (30 + 2 * 5), 1e-9);
  EXPECT_THAT(baseline_values(*task, "loss"),
              ::testing::ElementsAre(::testing::DoubleNear(measured.loss, 1e-9)));
  EXPECT_THAT(baseline_values(*task, "recall"),
              ::testing::ElementsAre(
                  ::testing::DoubleNear(measured.accuracy, 4 * measured.accuracy_error)));
}

TEST(CopyTask, RecallCountsOnlyTheSymbols) {
  const auto task = prepared_task("copy", {{"symbols", 5}, {"gap", 30}});
  const auto batch = task->batch(Split::validation, 0, 8);
  EXPECT_EQ(task->main_measure(), "recall");
  const auto right = at::one_hot(batch.targets, 10).to(at::kFloat);
  Scores silent, knowing;
  task->score(at::one_hot(at::zeros_like(batch.targets), 10).to(at::kFloat), batch, silent);
  task->score(right, batch, knowing);
  EXPECT_EQ(silent.find("recall")->correct, 0);
  EXPECT_EQ(silent.find("recall")->total, 8 * 5);
  EXPECT_EQ(knowing.find("recall")->correct, 8 * 5);
}

TEST(CopyTask, LinksEachAnswerAfterTheCueToItsSymbol) {
  const auto task = prepared_task("copy", {{"symbols", int64_t{3}}, {"gap", int64_t{4}}});
  const auto links = links_to_answers(*task, task->batch(Split::validation, 0, 4));
  ASSERT_EQ(links.size(), 12U);
  for (const auto& link : links) EXPECT_GE(link.query, 7);
}

}  // namespace
}  // namespace heed
