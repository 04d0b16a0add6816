#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <set>

#include "tests/train/tasks/guesses.h"
#include "tests/train/tasks/pair_rows.h"

namespace heed {
namespace {

/// A row's period: where its first token comes again, or the row's length.
size_t find_period(const std::vector<int64_t>& row) {
  return static_cast<size_t>(std::find(row.begin() + 1, row.end(), row.front()) - row.begin());
}

TEST(InductionTask, ARowIsDifferentTokensOverAndOverAgain) {
  for (const auto& row :
       to_rows(prepared_task("induction")->batch(Split::train, 0, 300).input.values)) {
    const auto period = find_period(row);
    ASSERT_EQ(std::set<int64_t>(row.begin(), row.begin() + static_cast<int64_t>(period)).size(),
              period);
    for (size_t t = period; t < row.size(); ++t) ASSERT_EQ(row[t], row[t - period]);
  }
}

TEST(InductionTask, TheAnswerIsTheNextTokenWhereverATokenComesAgain) {
  const auto batch = prepared_task("induction")->batch(Split::train, 0, 300);
  const auto read = to_rows(batch.input.values), asked = to_rows(batch.targets);
  for (size_t b = 0; b < read.size(); ++b)
    for (size_t t = 0; t < read[b].size(); ++t) {
      const auto here = read[b].begin() + static_cast<int64_t>(t);
      const auto before = std::find(read[b].begin(), here, *here);
      ASSERT_EQ(asked[b][t], before == here ? not_scored : before[1]) << t;
      const bool next_is_read = before != here && t + 1 < read[b].size();
      ASSERT_TRUE(!next_is_read || asked[b][t] == here[1]) << t;
    }
}

TEST(InductionTask, PeriodsAreDrawnEvenlyWithinTheirBounds) {
  const auto task = prepared_task("induction", {{"min_period", 3}, {"max_period", 7}});
  std::map<size_t, int> periods;
  for (const auto& row : to_rows(task->batch(Split::train, 0, 2500).input.values))
    ++periods[find_period(row)];
  ASSERT_EQ(periods.size(), 5u);
  EXPECT_EQ(periods.begin()->first, 3u);
  EXPECT_EQ(periods.rbegin()->first, 7u);
  for (const auto& [period, count] : periods) EXPECT_NEAR(count, 500, 80) << period;
}

TEST(InductionTask, TokensAreDrawnEvenly) {
  const auto task = prepared_task("induction", {{"vocabulary", 24}, {"min_period", 12}});
  std::map<int64_t, int> first, twelfth;
  for (const auto& row : to_rows(task->batch(Split::train, 0, 2400).input.values)) {
    ++first[row[0]];
    ++twelfth[row[11]];
  }
  ASSERT_EQ(first.size(), 24u);
  ASSERT_EQ(twelfth.size(), 24u);
  for (const auto& [token, count] : first) EXPECT_NEAR(count, 100, 45) << token;
  for (const auto& [token, count] : twelfth) EXPECT_NEAR(count, 100, 45) << token;
}

TEST(InductionTask, NoFixedOffsetPredicts) {
  const auto batch = prepared_task("induction")->batch(Split::train, 0, 300);
  const auto read = to_rows(batch.input.values), asked = to_rows(batch.targets);
  for (size_t offset = 0; offset < 64; ++offset) {
    double right = 0, all = 0;
    for (size_t b = 0; b < read.size(); ++b)
      for (size_t t = 0; t < 64; ++t)
        if (asked[b][t] != not_scored) {
          ++all;
          if (offset <= t && read[b][t - offset] == asked[b][t]) ++right;
        }
    EXPECT_LT(right / all, 0.2) << offset;
  }
}

TEST(InductionTask, AccuracyIsBrokenDownByPeriod) {
  const auto task =
      prepared_task("induction", {{"min_period", 4}, {"max_period", 6}, {"length", 20}});
  const auto batch = task->batch(Split::test, 0, 200);
  std::map<std::string, int64_t> expected;
  int64_t all = 0;
  for (const auto& row : to_rows(batch.input.values)) {
    const auto asked = static_cast<int64_t>(20 - find_period(row));
    expected[find_period(row) == 4 ? "1-4" : "5-8"] += asked;
    all += asked;
  }
  Scores scores;
  task->score(at::one_hot(batch.targets.clamp_min(0), 64).to(at::kFloat), batch, scores);
  EXPECT_EQ(scores.find("accuracy")->total, all);
  for (const auto& [bucket, asked] : expected) {
    const auto* score = scores.find("accuracy", "period", bucket);
    ASSERT_TRUE(score) << bucket;
    EXPECT_EQ(score->total, asked);
    EXPECT_EQ(score->correct, asked);
  }
}

TEST(InductionTask, GuessingGivesTheBaselines) {
  const auto task = prepared_task("induction", {{"vocabulary", 32}, {"length", 32}});
  const auto batch = task->batch(Split::test, 0, 1000);
  at::manual_seed(1);
  const auto any = at::ones({1000, 32, 32}, at::kBool);
  const auto of_row = at::zeros({1000, 32})
                          .scatter_(1, batch.input.values, 1)
                          .to(at::kBool)
                          .unsqueeze(1)
                          .expand({1000, 32, 32});
  const auto plain = guesses(*task, batch, any), picking = guesses(*task, batch, of_row);
  // Over 1000 rows with periods from 8 to 24 the means of ln P and of 1 / P have standard errors of
  // 0.011 and 0.0009.
  EXPECT_THAT(baseline_values(*task, "loss"),
              ::testing::ElementsAre(::testing::DoubleNear(plain.loss, 1e-9),
                                     ::testing::DoubleNear(picking.loss, 0.04)));
  EXPECT_THAT(baseline_values(*task, "accuracy"),
              ::testing::ElementsAre(
                  ::testing::DoubleNear(plain.accuracy, 4 * plain.accuracy_error),
                  ::testing::DoubleNear(picking.accuracy, 4 * picking.accuracy_error + 0.002)));
}

TEST(InductionTask, TheContextIsCausal) {
  const auto shape = prepared_task("induction", {{"vocabulary", 30}, {"length", 40}})->shape();
  EXPECT_EQ(shape.context, SequenceShape::Context::causal);
  EXPECT_EQ(shape.vocabulary, 30);
  EXPECT_EQ(shape.output_width, 30);
  EXPECT_EQ(shape.max_length, 40);
}

TEST(InductionTask, OptionsThatDoNotFitTheRowAreRefused) {
  using ::testing::ThrowsMessage;
  EXPECT_THAT(
      [] {
        prepared_task("induction", {{"max_period", 7}});
      },
      ThrowsMessage<OptionError>("expected at least min_period = 8, got 7"));
  EXPECT_THAT(
      [] {
        prepared_task("induction", {{"vocabulary", 23}});
      },
      ThrowsMessage<OptionError>("expected at least max_period = 24, got 23"));
  EXPECT_THAT(
      [] {
        prepared_task("induction", {{"length", 24}});
      },
      ThrowsMessage<OptionError>("expected more than max_period = 24, got 24"));
  EXPECT_NO_THROW(prepared_task("induction", {{"vocabulary", 24}, {"length", 25}}));
}

TEST(InductionTask, LinksATokenReadAgainToAllTokensThatFollowedIt) {
  const auto task = prepared_task("induction", {{"vocabulary", int64_t{9}},
                                                {"length", int64_t{12}},
                                                {"min_period", int64_t{5}},
                                                {"max_period", int64_t{5}}});
  const auto kinds = task->gold_links(task->batch(Split::validation, 0, 2));
  ASSERT_EQ(kinds.size(), 1U);
  ASSERT_EQ(kinds[0].links.size(), 14U);  // 7 a row
  EXPECT_EQ(kinds[0].links[0].query, 5);
  EXPECT_EQ(kinds[0].links[0].keys, std::vector<int64_t>{1});
  EXPECT_EQ(kinds[0].links[6].query, 11);
  EXPECT_EQ(kinds[0].links[6].keys, (std::vector<int64_t>{2, 7}));
  EXPECT_EQ(kinds[0].links[7].row, 1);
}

}  // namespace
}  // namespace heed
