#include <gmock/gmock.h>

#include <map>
#include <set>

#include "tests/train/tasks/answer_links.h"
#include "tests/train/tasks/guesses.h"
#include "tests/train/tasks/pair_rows.h"

namespace heed {
namespace {

constexpr int64_t filler = 0;

/// How many pairs a row shows before the first filler or second key.
size_t pairs_shown(const std::vector<int64_t>& row, int64_t keys) {
  size_t pairs = 0;
  while (2 * pairs + 1 < row.size() && row[2 * pairs + 1] > keys) ++pairs;
  return pairs;
}

/// The counts of pairs of many rows, and how many rows have each.
std::map<size_t, int> mixture(int64_t pairs, int64_t rows) {
  const auto task = prepared_task("recall", {{"pairs", pairs}, {"mixed", true}});
  std::map<size_t, int> counts;
  for (const auto& row : to_rows(task->batch(Split::train, 0, rows).input.values))
    ++counts[pairs_shown(row, 32)];
  return counts;
}

/// Counts the gaps of the queries of many rows: steps of two after the last pair, from 1 on.
std::vector<int> gap_counts(double power, int64_t rows) {
  const auto task = prepared_task("recall", {{"pairs", 2}, {"length", 20}, {"power", power}});
  std::vector<int> counts(9);
  for (const auto& row : to_rows(task->batch(Split::train, 0, rows).targets))
    for (size_t t = 0; t < row.size(); ++t)
      if (row[t] != not_scored) ++counts.at((t - 4) / 2 + 1);
  return counts;
}

TEST(RecallTask, EveryAnswerIsTheValueAfterItsKey) {
  const auto task = prepared_task("recall", {{"pairs", 8}, {"mixed", true}});
  const auto batch = task->batch(Split::train, 0, 300);
  const auto read = to_rows(batch.input.values), asked = to_rows(batch.targets);
  for (size_t b = 0; b < read.size(); ++b) {
    const auto shown = 2 * pairs_shown(read[b], 32);
    std::map<int64_t, int64_t> value_of;
    for (size_t i = 0; i < shown; i += 2) value_of[read[b][i]] = read[b][i + 1];
    ASSERT_EQ(value_of.size(), shown / 2) << "a key came twice";
    std::set<int64_t> queried;
    for (size_t t = 0; t < read[b].size(); ++t) {
      const bool query = t >= shown && read[b][t] != filler;
      ASSERT_EQ(asked[b][t], query ? value_of.at(read[b][t]) : not_scored) << t;
      if (query) queried.insert(read[b][t]);
    }
    ASSERT_EQ(queried.size(), shown / 2) << "a key was not asked for";
  }
}

TEST(RecallTask, KeysAndValuesAreFromHalvesOfTheVocabularyAndDistinct) {
  const auto task = prepared_task("recall", {{"pairs", 4}, {"vocabulary", 10}, {"length", 20}});
  EXPECT_EQ(task->tokenizer()->decode({0, 1, 5, 6, 10}), ". k1 k5 v1 v5");
  std::set<int64_t> keys, values;
  for (const auto& row : to_rows(task->batch(Split::train, 0, 200).input.values)) {
    std::set<int64_t> here;
    for (size_t i = 0; i < 8; ++i) (i % 2 ? values : keys).insert(row[i]);
    here.insert(row.begin(), row.begin() + 8);
    ASSERT_EQ(here.size(), 8u);
  }
  EXPECT_THAT(keys, ::testing::ElementsAre(1, 2, 3, 4, 5));
  EXPECT_THAT(values, ::testing::ElementsAre(6, 7, 8, 9, 10));
}

TEST(RecallTask, ByDefaultFarQueriesAreRarer) {
  const auto counts = gap_counts(0.01, 4000);
  EXPECT_EQ(counts[0], 0);
  for (size_t gap = 1; gap < 4; ++gap) EXPECT_GT(counts[gap], counts[gap + 1]) << gap;
  EXPECT_GT(counts[4], counts[8]);
}

TEST(RecallTask, GapsAreDrawnWithoutReplacementByAPowerLaw) {
  for (const double power : {0.01, 1.0, 3.0}) {
    const auto counts = gap_counts(power, 4000);
    std::vector<double> weight(9);
    double total = 0;
    for (size_t gap = 1; gap <= 8; ++gap) total += weight[gap] = std::pow(gap, power - 1);
    for (size_t gap = 1; gap <= 8; ++gap) {
      double chance = weight[gap] / total;  // to be drawn first, or after another
      for (size_t other = 1; other <= 8; ++other)
        if (other != gap) chance += weight[other] / total * weight[gap] / (total - weight[other]);
      const double deviation = std::sqrt(4000 * chance * (1 - chance));
      EXPECT_NEAR(counts[gap], 4000 * chance, 4 * deviation) << gap << " of power " << power;
    }
  }
}

TEST(RecallTask, AnEnormousPowerSendsQueriesToTheEnd) {
  const auto counts = gap_counts(5000, 50);
  EXPECT_EQ(counts[8], 50);
  EXPECT_EQ(counts[7], 50);
}

TEST(RecallTask, MixedRowsHavePowersOfTwoUpToAllPairsEquallyOften) {
  using ::testing::Key;
  const auto twelve = mixture(12, 2000);
  EXPECT_THAT(twelve, ::testing::ElementsAre(Key(2), Key(4), Key(8), Key(12)));
  for (const auto& [pairs, count] : twelve) EXPECT_NEAR(count, 500, 80) << pairs;
  EXPECT_THAT(mixture(8, 100), ::testing::ElementsAre(Key(2), Key(4), Key(8)));
  EXPECT_THAT(mixture(2, 20), ::testing::ElementsAre(Key(2)));
  EXPECT_THAT(mixture(1, 20), ::testing::ElementsAre(Key(1)));
}

TEST(RecallTask, AccuracyIsBrokenDownByTheNumberOfPairs) {
  const auto task = prepared_task("recall", {{"pairs", 4}, {"mixed", true}});
  const auto batch = task->batch(Split::test, 0, 100);
  std::map<size_t, int64_t> queries;
  for (const auto& row : to_rows(batch.input.values)) {
    const auto pairs = pairs_shown(row, 32);
    queries[pairs] += static_cast<int64_t>(pairs);
  }
  Scores scores;
  task->score(at::one_hot(batch.targets.clamp_min(0), 65).to(at::kFloat), batch, scores);
  EXPECT_EQ(scores.find("accuracy")->total, queries[2] + queries[4]);
  for (const size_t pairs : {2u, 4u}) {
    const auto* score = scores.find("accuracy", "pairs", std::to_string(pairs));
    ASSERT_TRUE(score) << pairs;
    EXPECT_EQ(score->total, queries[pairs]);
    EXPECT_EQ(score->correct, queries[pairs]);
  }
}

TEST(RecallTask, PickingAmongTheValuesGivesTheBaselines) {
  for (const bool mixed : {false, true}) {
    const auto task = prepared_task(
        "recall", {{"pairs", 8}, {"mixed", mixed}, {"length", 32}, {"vocabulary", 18}});
    const auto batch = task->batch(Split::test, 0, 1000);
    at::manual_seed(1);
    auto values = at::zeros({1000, 32, 19}, at::kBool);
    values.narrow(2, 10, 9).fill_(true);
    auto shown = at::zeros({1000, 19}).scatter_(1, batch.input.values, 1).to(at::kBool);
    shown = shown.unsqueeze(1).logical_and(values);
    const auto plain = guesses(*task, batch, values), picking = guesses(*task, batch, shown);
    // Over 1000 rows with 2, 4 or 8 pairs the mean of ln K has a standard error of 0.015.
    EXPECT_THAT(baseline_values(*task, "loss"),
                ::testing::ElementsAre(::testing::DoubleNear(plain.loss, 1e-9),
                                       ::testing::DoubleNear(picking.loss, mixed ? 0.06 : 1e-9)));
    EXPECT_THAT(baseline_values(*task, "accuracy"),
                ::testing::ElementsAre(
                    ::testing::DoubleNear(picking.accuracy, 4 * picking.accuracy_error)));
  }
}

TEST(RecallTask, TheShapeFollowsFromTheOptions) {
  const auto shape =
      prepared_task("recall", {{"pairs", 3}, {"vocabulary", 20}, {"length", 13}})->shape();
  EXPECT_EQ(shape.vocabulary, 21);
  EXPECT_EQ(shape.max_length, 13);
}

TEST(RecallTask, OptionsThatDoNotFitTheRowAreRefused) {
  using ::testing::ThrowsMessage;
  EXPECT_THAT(
      [] {
        prepared_task("recall", {{"length", 31}});
      },
      ThrowsMessage<OptionError>("expected at least 4 * pairs = 32, got 31"));
  EXPECT_THAT(
      [] {
        prepared_task("recall", {{"vocabulary", 14}});
      },
      ThrowsMessage<OptionError>("expected at least 2 * pairs = 16, got 14"));
  EXPECT_THAT(
      [] {
        prepared_task("recall", {{"vocabulary", 17}});
      },
      ThrowsMessage<OptionError>("expected an even number, got 17"));
  // Just room enough: every second position is a query.
  const auto full = prepared_task("recall", {{"length", 32}, {"vocabulary", 16}});
  for (const auto& row : to_rows(full->batch(Split::train, 0, 10).targets))
    for (size_t t = 0; t < 32; ++t) ASSERT_EQ(row[t] != not_scored, t >= 16 && t % 2 == 0) << t;
}

TEST(RecallTask, LinksEachQueryToTheValueAfterItsKey) {
  const auto task = prepared_task("recall");
  const auto batch = task->batch(Split::validation, 0, 8);
  const auto links = links_to_answers(*task, batch);
  EXPECT_EQ(std::ssize(links), batch.targets.ne(not_scored).sum().item<int64_t>());
  for (const auto& link : links)
    EXPECT_EQ(batch.input.values[link.row][link.keys[0] - 1].item<int64_t>(),
              batch.input.values[link.row][link.query].item<int64_t>());
}

}  // namespace
}  // namespace heed
