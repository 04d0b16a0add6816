#include "train/tasks/token_task.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <sstream>
#include <utility>

#include "tests/train/tasks/guesses.h"

namespace heed {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

/// Rows of 1 to 6 tokens, each asked for again. Odd tokens are counted, by the row's length.
class EchoTask : public TokenTask {
 public:
  TaskCard card() const override { return {}; }
  std::vector<Baseline> baselines() const override { return {}; }

 protected:
  std::vector<std::string> words() const override { return {"zero", "one", "two", "three"}; }
  int64_t longest_row() const override { return 6; }
  std::string group_name() const override { return "length"; }
  std::string bucket(int64_t length) const override { return doubling_bucket(length); }
  void make_small() override {}

  Row row(Random& random, Split) const override {
    Row row;
    row.tokens.resize(static_cast<size_t>(1 + random.below(6)));
    for (auto& token : row.tokens) token = random.below(4);
    row.targets = row.tokens;
    for (const auto token : row.tokens)
      row.groups.push_back(token % 2 ? std::ssize(row.tokens) : not_scored);
    return row;
  }
};

/// One answer for a row of the tokens 0 to 39: whether it starts with an even one.
class ParityTask : public TokenTask {
 public:
  TaskCard card() const override { return {}; }
  std::vector<Baseline> baselines() const override { return {}; }

 protected:
  std::vector<std::string> words() const override {
    std::vector<std::string> words;
    for (int i = 0; i < 40; ++i) words.push_back("w" + std::to_string(i));
    return words;
  }
  std::vector<std::string> answers() const override { return {"even", "odd"}; }
  bool per_sequence() const override { return true; }
  bool predicts() const override { return true; }
  int64_t longest_row() const override { return length_; }
  void make_small() override { length_ = 60; }

  Row row(Random& random, Split) const override {
    Row row;
    for (int64_t i = 0; i < length_; ++i) row.tokens.push_back(random.below(40));
    row.targets = {row.tokens.front() % 2};
    return row;
  }

 private:
  int64_t length_ = 5;
};

template <class Kind>
std::unique_ptr<Task> prepared(uint64_t seed = 1) {
  auto task = std::make_unique<Kind>();
  task->prepare({.seed = seed});
  return task;
}

std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> result;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) result.push_back(line);
  return result;
}

TEST(RowBatch, ShorterRowsArePaddedAtTheEndAndLengthsGiven) {
  const auto batch =
      row_batch({{.tokens = {5, 6}, .targets = {7, 8}},
                 {.tokens = {1, 2, 3}, .targets = {not_scored, 4, 5}, .groups = {-1, 9, -1}}});
  EXPECT_THAT(to_rows(batch.input.values), ElementsAre(ElementsAre(5, 6, 0), ElementsAre(1, 2, 3)));
  EXPECT_THAT(to_rows(batch.input.lengths.unsqueeze(0)), ElementsAre(ElementsAre(2, 3)));
  EXPECT_THAT(to_rows(batch.targets),
              ElementsAre(ElementsAre(7, 8, not_scored), ElementsAre(not_scored, 4, 5)));
  EXPECT_THAT(to_rows(batch.groups), ElementsAre(ElementsAre(not_scored, not_scored, not_scored),
                                                 ElementsAre(not_scored, 9, not_scored)));
}

TEST(RowBatch, RowsOfOneLengthHaveNoLengthsAndGroupsOnlyWhereGiven) {
  const auto batch =
      row_batch({{.tokens = {1, 2}, .targets = {3}}, {.tokens = {4, 5}, .targets = {6}}});
  EXPECT_FALSE(batch.input.lengths.defined());
  EXPECT_FALSE(batch.groups.defined());
  EXPECT_THAT(to_rows(batch.targets), ElementsAre(ElementsAre(3), ElementsAre(6)));
}

TEST(TokenTask, ARowIsTheSameWheneverItIsMade) {
  const auto many = prepared<ParityTask>()->batch(Split::train, 0, 30);
  const auto later = prepared<ParityTask>()->batch(Split::train, 20, 10);
  EXPECT_TRUE(later.input.values.equal(many.input.values.narrow(0, 20, 10)));
  EXPECT_TRUE(later.targets.equal(many.targets.narrow(0, 20, 10)));
}

TEST(TokenTask, SplitsAndSeedsHaveRowsOfTheirOwn) {
  const auto rows = [](uint64_t seed, Split split) {
    return to_rows(prepared<ParityTask>(seed)->batch(split, 0, 20).input.values);
  };
  const auto train = rows(1, Split::train);
  EXPECT_NE(train, rows(2, Split::train));
  EXPECT_NE(train, rows(1, Split::validation));
  EXPECT_NE(train, rows(1, Split::test));
  EXPECT_NE(rows(1, Split::validation), rows(1, Split::test));
}

TEST(TokenTask, AnswersAreCountedByTheBucketOfTheirGroup) {
  const auto task = prepared<EchoTask>();
  const auto batch = row_batch({{.tokens = {1, 1, 1}, .targets = {1, 1, 1}, .groups = {3, 4, 9}},
                                {.tokens = {2, 3}, .targets = {2, 3}, .groups = {not_scored, 1}}});
  // Says one, one, two, and in the second row, whose two is not counted, three, three.
  const auto said = at::tensor({1, 1, 2, 3, 3, 0}, at::kLong).view({2, 3});
  Scores scores;
  task->score(at::one_hot(said, 4).to(at::kFloat), batch, scores);
  using Counts = std::pair<int64_t, int64_t>;  // right, asked
  const auto counts = [&](const std::string& by, const std::string& bucket) {
    const auto* score = scores.find("accuracy", by, bucket);
    return score ? Counts(score->correct, score->total) : Counts(-1, -1);
  };
  EXPECT_EQ(counts("", ""), Counts(3, 4));
  EXPECT_EQ(counts("length", "3-4"), Counts(2, 2));
  EXPECT_EQ(counts("length", "9-16"), Counts(0, 1));
  EXPECT_EQ(counts("length", "1"), Counts(1, 1));
  EXPECT_THAT(scores.all, SizeIs(4));
}

TEST(TokenTask, WithoutGroupsAllAnswersCount) {
  const auto task = prepared<EchoTask>();
  const auto batch = row_batch(
      {{.tokens = {1, 2, 3}, .targets = {1, not_scored, 3}}, {.tokens = {0}, .targets = {0}}});
  Scores scores;
  task->score(at::one_hot(at::zeros({2, 3}, at::kLong), 4).to(at::kFloat), batch, scores);
  ASSERT_THAT(scores.all, SizeIs(1));
  EXPECT_EQ(scores.find("accuracy")->correct, 1);
  EXPECT_EQ(scores.find("accuracy")->total, 3);
}

TEST(TokenTask, PaddingIsNeitherLossNorCounted) {
  const auto task = prepared<EchoTask>();
  const auto batch = task->batch(Split::train, 0, 40);
  int64_t tokens = 0, odd = 0;
  for (int64_t b = 0; b < 40; ++b) {
    const auto row = batch.input.values[b].narrow(0, 0, batch.input.lengths[b].item<int64_t>());
    tokens += row.numel();
    odd += row.remainder(2).sum().item<int64_t>();
  }
  ASSERT_LT(tokens, 240);
  EXPECT_EQ(task->scored(batch).sum().item<int64_t>(), tokens);
  Scores scores;
  task->score(at::zeros({40, batch.targets.size(1), 4}), batch, scores);
  EXPECT_EQ(scores.find("accuracy")->total, odd);
}

TEST(TokenTask, OneAnswerPerRowIsOneClassPerRow) {
  const auto task = prepared<ParityTask>();
  const auto batch = task->batch(Split::test, 0, 6);
  EXPECT_TRUE(batch.targets.equal(batch.input.values.select(1, 0).remainder(2)));
  EXPECT_EQ(task->shape().output, SequenceShape::Output::per_sequence);
  EXPECT_EQ(task->shape().output_width, 2);
  EXPECT_EQ(task->shape().vocabulary, 40);
}

TEST(TokenTask, TheShapeFollowsFromWordsAndAnswers) {
  const auto shape = prepared<EchoTask>()->shape();
  EXPECT_EQ(shape.output, SequenceShape::Output::per_position);
  EXPECT_EQ(shape.vocabulary, 4);
  EXPECT_EQ(shape.output_width, 4);
  EXPECT_EQ(shape.max_length, 6);
  EXPECT_EQ(shape.context, SequenceShape::Context::any);
  EXPECT_EQ(prepared<ParityTask>()->shape().context, SequenceShape::Context::causal);
}

TEST(TokenTask, AnExampleHasEachAnswerBelowItsToken) {
  const auto shown = lines(EchoTask().example());
  ASSERT_THAT(shown, SizeIs(2));
  EXPECT_EQ(shown[0].substr(0, 8), "reads   ");
  EXPECT_EQ(shown[1].substr(0, 8), "answers ");
  EXPECT_EQ(shown[0].substr(8), shown[1].substr(8));
}

TEST(TokenTask, ALongExampleContinuesInFurtherPairsOfLines) {
  const auto shown = lines(ParityTask().example());
  EXPECT_THAT(shown, SizeIs(::testing::Gt(6)));
  EXPECT_THAT(shown, ::testing::Each(SizeIs(::testing::Le(80))));
  EXPECT_EQ(shown[2], "");
  std::string all;
  for (const auto& line : shown) all += line + " ";
  EXPECT_EQ(std::count(all.begin(), all.end(), 'w'), 61);  // of 60 words and of "answers"
}

TEST(TokenTask, ExamplesOfAllTasksFit80Columns) {
  for (const auto& name : TaskRegistry::instance().names())
    for (const auto& line : lines(TaskRegistry::instance().make(name)->example()))
      EXPECT_THAT(line, SizeIs(::testing::Le(80))) << name;
}

TEST(TokenTask, ThePromptIsTheBeginningOfARow) {
  const auto task = prepared<ParityTask>();
  const auto row = to_rows(task->batch(Split::test, 0, 1).input.values).front();
  EXPECT_EQ(task->default_prompt(), task->tokenizer()->decode({row[0], row[1]}));
}

TEST(TokenTask, ATextIsRefused) {
  EXPECT_THAT([] { prepared<EchoTask>()->rows_of_text("one two", "my.txt"); },
              ::testing::ThrowsMessage<std::runtime_error>(
                  ::testing::AllOf(::testing::StartsWith("my.txt: expected a run on text, got"),
                                   ::testing::HasSubstr("leave out --text"))));
}

TEST(Buckets, OfAWidthBeginAtOne) {
  EXPECT_EQ(bucket_of_width(1, 10), "1-10");
  EXPECT_EQ(bucket_of_width(10, 10), "1-10");
  EXPECT_EQ(bucket_of_width(11, 10), "11-20");
  EXPECT_EQ(bucket_of_width(7, 1), "7");
}

TEST(Buckets, DoubleAfterTheFirstTwo) {
  std::vector<std::string> names;
  for (const int64_t number : {1, 2, 3, 4, 5, 8, 9, 16, 17, 1000})
    names.push_back(doubling_bucket(number));
  EXPECT_THAT(names, ElementsAre("1", "2", "3-4", "3-4", "5-8", "5-8", "9-16", "9-16", "17-32",
                                 "513-1024"));
}

}  // namespace
}  // namespace heed
