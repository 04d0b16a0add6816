#include <gmock/gmock.h>

#include <map>

#include "tests/train/tasks/answer_links.h"
#include "tests/train/tasks/guesses.h"
#include "tests/train/tasks/pair_rows.h"

namespace heed {
namespace {

std::unique_ptr<Task> small() {
  return prepared_task("selective-copy", {{"symbols", 3}, {"blanks", 5}, {"alphabet", 4}});
}

/// The positions of a row that hold symbols.
std::vector<size_t> places(const std::vector<int64_t>& row) {
  std::vector<size_t> result;
  for (size_t t = 0; t < row.size(); ++t)
    if (row[t] > cue_word) result.push_back(t);
  return result;
}

TEST(SelectiveCopyTask, SymbolsAreAmongBlanksAndTheCueFollows) {
  const auto task = small();
  EXPECT_EQ(task->tokenizer()->decode({blank_word, cue_word}), ". ?");
  for (const auto& row : to_rows(task->batch(Split::train, 0, 200).input.values)) {
    ASSERT_EQ(row.size(), 3u + 5 + 3);
    ASSERT_EQ(places(row).size(), 3u);
    for (size_t t = 0; t < row.size(); ++t) ASSERT_EQ(row[t] == cue_word, t >= 8) << t;
  }
}

TEST(SelectiveCopyTask, TheAnswersAreTheSymbolsInOrderAndNothingElse) {
  const auto batch = small()->batch(Split::train, 0, 200);
  const auto read = to_rows(batch.input.values), asked = to_rows(batch.targets);
  for (size_t b = 0; b < read.size(); ++b) {
    std::vector<int64_t> expected(8, not_scored);
    for (const auto place : places(read[b])) expected.push_back(read[b][place]);
    ASSERT_EQ(asked[b], expected);
  }
}

TEST(SelectiveCopyTask, AGroupIsTheDistanceFromTheSymbolToItsCue) {
  const auto batch = small()->batch(Split::train, 0, 200);
  const auto read = to_rows(batch.input.values), groups = to_rows(batch.groups);
  for (size_t b = 0; b < read.size(); ++b) {
    std::vector<int64_t> expected(8, not_scored);
    for (const auto place : places(read[b]))
      expected.push_back(std::ssize(expected) - static_cast<int64_t>(place));
    ASSERT_EQ(groups[b], expected);
  }
}

TEST(SelectiveCopyTask, EveryChoiceOfPlacesAndEverySymbolIsAsLikely) {
  std::map<std::vector<size_t>, int> choices;
  std::map<int64_t, int> symbols;
  for (const auto& row : to_rows(small()->batch(Split::train, 0, 5600).input.values)) {
    ++choices[places(row)];
    for (const auto place : places(row)) ++symbols[row[place]];
  }
  EXPECT_EQ(choices.size(), 56u);  // 8 over 3
  for (const auto& [choice, count] : choices)
    EXPECT_NEAR(count, 100, 50) << ::testing::PrintToString(choice);
  EXPECT_EQ(symbols.size(), 4u);
  for (const auto& [symbol, count] : symbols) EXPECT_NEAR(count, 4200, 280) << symbol;
}

TEST(SelectiveCopyTask, RecallIsBrokenDownByDistancesThatDouble) {
  const auto task = small();
  const auto batch = task->batch(Split::test, 0, 100);
  const auto right = at::one_hot(batch.targets.clamp_min(0), 6).to(at::kFloat);
  Scores scores;
  task->score(right, batch, scores);
  EXPECT_EQ(scores.find("recall")->correct, 300);
  EXPECT_EQ(scores.find("recall")->total, 300);
  // The nearest is 3 away and the farthest 8: the first symbol at the first place.
  int64_t asked = 0;
  for (const std::string bucket : {"3-4", "5-8"})
    asked += scores.find("recall", "distance", bucket)->total;
  EXPECT_EQ(asked, 300);
}

TEST(SelectiveCopyTask, GuessingAnySymbolGivesTheBaselines) {
  const auto task = prepared_task("selective-copy", {{"alphabet", 5}, {"blanks", 10}});
  const auto batch = task->batch(Split::test, 0, 400);
  at::manual_seed(1);
  auto classes = at::zeros({400, 26, 7}, at::kBool);
  classes.narrow(2, 2, 5).fill_(true);
  const auto measured = guesses(*task, batch, classes);
  EXPECT_THAT(baseline_values(*task, "loss"),
              ::testing::ElementsAre(::testing::DoubleNear(measured.loss, 1e-9)));
  EXPECT_THAT(baseline_values(*task, "recall"),
              ::testing::ElementsAre(
                  ::testing::DoubleNear(measured.accuracy, 4 * measured.accuracy_error)));
}

TEST(SelectiveCopyTask, TheShapeFollowsFromTheOptions) {
  const auto shape = small()->shape();
  EXPECT_EQ(shape.vocabulary, 6);
  EXPECT_EQ(shape.output_width, 6);
  EXPECT_EQ(shape.max_length, 11);
}

TEST(SelectiveCopyTask, LinksEachCueToItsSymbol) {
  const auto task = prepared_task("selective-copy");
  const auto batch = task->batch(Split::validation, 0, 8);
  EXPECT_EQ(std::ssize(links_to_answers(*task, batch)),
            batch.targets.ne(not_scored).sum().item<int64_t>());
}

}  // namespace
}  // namespace heed
