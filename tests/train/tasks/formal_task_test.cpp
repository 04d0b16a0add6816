#include "train/tasks/formal_task.h"

#include <gmock/gmock.h>

#include <map>

#include "tests/train/tasks/formal_rows.h"

namespace heed {
namespace {

std::map<int64_t, double> row_lengths(const Batch& batch) {
  std::map<int64_t, double> counts;
  for (int64_t b = 0; b < batch.targets.size(0); ++b)
    ++counts[batch.input.lengths[b].item<int64_t>()];
  return counts;
}

TEST(FormalTask, LengthsAreDrawnEvenlyBetweenTheShortestAndTheLongest) {
  const auto counts = row_lengths(formal_task("parity", 3, 7)->batch(Split::train, 0, 2000));
  ASSERT_EQ(counts.size(), 5u);
  EXPECT_EQ(counts.begin()->first, 3);
  for (const auto& [length, count] : counts) EXPECT_NEAR(count, 400, 90) << length;
}

TEST(FormalTask, OneAnswerIsAskedForARowAndCountedByItsLength) {
  const auto task = formal_task("cycle", 1, 12);
  const auto shape = task->shape();
  EXPECT_EQ(shape.output, SequenceShape::Output::per_sequence);
  EXPECT_EQ(shape.output_width, 5);
  EXPECT_EQ(shape.vocabulary, 3);
  EXPECT_EQ(shape.max_length, 12);
  const auto batch = task->batch(Split::train, 0, 100);
  EXPECT_EQ(batch.targets.sizes(), (std::vector<int64_t>{100}));
  EXPECT_TRUE(batch.groups.equal(batch.input.lengths));
}

TEST(FormalTask, WithEveryTheAnswersAreThoseOfTheRowsSoFar) {
  const auto once = formal_task("parity", 1, 9), every = formal_task("parity", 1, 9, true);
  EXPECT_EQ(every->shape().output, SequenceShape::Output::per_position);
  const auto rows = once->batch(Split::train, 0, 200), running = every->batch(Split::train, 0, 200);
  ASSERT_TRUE(running.input.values.equal(rows.input.values));
  EXPECT_EQ(running.targets.sizes(), rows.input.values.sizes());
  const auto places = at::arange(1, 10).expand_as(running.targets);
  const auto inside = places.le(rows.input.lengths.unsqueeze(1));
  EXPECT_TRUE(running.groups.equal(places.where(inside, not_scored)));
  EXPECT_TRUE(running.targets.ne(not_scored).equal(inside));
  EXPECT_TRUE(running.targets.gather(1, rows.input.lengths.unsqueeze(1) - 1)
                  .squeeze(1)
                  .equal(rows.targets));
}

TEST(FormalTask, TheAccuracyIsBrokenDownByTensOfTheLength) {
  for (const int64_t longest : {31, 40}) {
    const auto task = formal_task("parity", 1, longest);
    const auto batch = task->batch(Split::validation, 0, 600);
    // right up to length 10, wrong from there on
    const auto answers = batch.targets.where(batch.input.lengths.le(10), 1 - batch.targets);
    Scores scores;
    task->score(at::one_hot(answers, 2), batch, scores);
    const auto shorter = batch.input.lengths.le(10).sum().item<int64_t>();
    ASSERT_NE(scores.find("accuracy", "length", "31-40"), nullptr);
    EXPECT_EQ(scores.find("accuracy", "length", "1-10")->correct, shorter);
    EXPECT_EQ(scores.find("accuracy", "length", "1-10")->total, shorter);
    EXPECT_EQ(scores.find("accuracy", "length", "11-20")->correct, 0);
    EXPECT_GT(scores.find("accuracy", "length", "31-40")->total, 0);
    EXPECT_EQ(scores.find("accuracy")->correct, shorter);
    EXPECT_EQ(scores.find("accuracy")->total, 600);
  }
}

TEST(FormalTask, SplitsAndSeedsAreDifferentStreams) {
  const auto task = formal_task("parity", 20, 20);
  const auto rows = task->batch(Split::train, 0, 8).input.values;
  EXPECT_FALSE(rows.equal(task->batch(Split::validation, 0, 8).input.values));
  task->prepare({.seed = 2});
  EXPECT_FALSE(rows.equal(task->batch(Split::train, 0, 8).input.values));
}

TEST(FormalTask, AShortestRowLongerThanTheLongestIsRefused) {
  EXPECT_THAT([] { formal_task("parity", 50, 40); },
              ::testing::Throws<OptionError>(::testing::AllOf(
                  ::testing::Property(&OptionError::option, "min_length"),
                  ::testing::Property(&OptionError::what,
                                      ::testing::StrEq("expected at most length = 40, got 50")))));
}

/// Counts one word up to 2. The allowed words change from position to position.
class CountingTask : public FormalTask {
 public:
  TaskCard card() const override { return {}; }

 protected:
  std::vector<std::string> words() const override { return {"x", "y", "z"}; }
  std::vector<std::string> answers() const override { return {"none", "one", "more"}; }
  WordRange words_at(int64_t place) const override {
    return place == 0 ? WordRange{.first = 1, .count = 2} : WordRange{.first = 0, .count = 2};
  }
  int64_t states() const override { return 3; }
  int64_t next_state(int64_t state, int64_t word) const override {
    return std::min<int64_t>(2, state + (word == 1));
  }
  int64_t answer(int64_t state) const override { return state; }
};

TEST(FormalTask, WordsAreThoseOfTheirPlaceAndAnswersThoseOfTheAutomaton) {
  CountingTask task;
  task.prepare({});
  const auto batch = task.batch(Split::train, 0, 300);
  for (int64_t b = 0; b < 300; ++b) {
    const auto words = row_words(task, batch, b);
    EXPECT_NE(words.front(), "x");
    EXPECT_EQ(std::count(words.begin() + 1, words.end(), "z"), 0);
    ASSERT_EQ(batch.targets[b].item<int64_t>(),
              std::min<int64_t>(2, std::count(words.begin(), words.end(), "y")));
  }
}

TEST(FormalTask, TheClassesFrequenciesAreExact) {
  CountingTask task;
  OptionList list;
  task.describe(list);
  *std::get<int64_t*>(list.find("length")->target) = 3;
  task.prepare({});
  // lengths 1, 2, 3; y has probability 1/2 at every place: "one" in 1/2, 1/2 and 3/8 of the rows
  EXPECT_NEAR(baseline(task, "accuracy", "always answers one"), (0.5 + 0.5 + 0.375) / 3, 1e-12);
  EXPECT_NEAR(baseline(task, "accuracy"), 1.0 / 3, 1e-12);
  const double none = (0.5 + 0.25 + 0.125) / 3, one = 1.375 / 3, more = 1 - none - one;
  EXPECT_NEAR(baseline(task, "loss", "knows how frequent each class is"),
              -none * std::log(none) - one * std::log(one) - more * std::log(more), 1e-12);
  // asked everywhere: place 1 in all rows, place 2 in two thirds of them, place 3 in one third
  *std::get<bool*>(list.find("every")->target) = true;
  EXPECT_NEAR(baseline(task, "accuracy", "always answers one"), (3 * 0.5 + 2 * 0.5 + 1 * 0.375) / 6,
              1e-12);
}

}  // namespace
}  // namespace heed
