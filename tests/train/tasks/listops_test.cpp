#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "tests/train/tasks/pair_rows.h"
#include "tests/train/tasks/row_words.h"

namespace heed {
namespace {

/// Reads an expression word by word, and remembers how far it was nested.
class Reader {
 public:
  explicit Reader(std::vector<std::string> words) : words_(std::move(words)) {}

  int64_t value() {
    const auto word = words_.at(at_++);
    if (word.front() != '[') return std::stoi(word);
    deepest_ = std::max(deepest_, ++depth_);
    std::vector<int64_t> arguments;
    while (words_.at(at_) != "]") arguments.push_back(value());
    ++at_;
    --depth_;
    most_arguments_ = std::max<int64_t>(most_arguments_, std::ssize(arguments));
    least_arguments_ = std::min<int64_t>(least_arguments_, std::ssize(arguments));
    return apply(word, arguments);
  }

  bool done() const { return at_ == words_.size(); }
  int64_t deepest() const { return deepest_; }
  int64_t most_arguments() const { return most_arguments_; }
  int64_t least_arguments() const { return least_arguments_; }

 private:
  static int64_t apply(const std::string& operation, std::vector<int64_t> arguments) {
    if (operation == "[MIN") return *std::min_element(arguments.begin(), arguments.end());
    if (operation == "[MAX") return *std::max_element(arguments.begin(), arguments.end());
    if (operation == "[SM") {
      int64_t sum = 0;
      for (const int64_t argument : arguments) sum = (sum + argument) % 10;
      return sum;
    }
    EXPECT_EQ(operation, "[MED");
    // takes away the outermost two until one or two are left
    while (arguments.size() > 2) {
      arguments.erase(std::min_element(arguments.begin(), arguments.end()));
      arguments.erase(std::max_element(arguments.begin(), arguments.end()));
    }
    return static_cast<int64_t>(
        std::floor(static_cast<double>(arguments.front() + arguments.back()) / 2));
  }

  std::vector<std::string> words_;
  size_t at_ = 0;
  int64_t depth_ = 0, deepest_ = 0, most_arguments_ = 0, least_arguments_ = 1000;
};

TEST(ListopsTask, TheAnswerIsTheExpressionsValue) {
  const auto task = prepared_task("listops");
  const auto batch = task->batch(Split::train, 0, 1000);
  for (int64_t b = 0; b < 1000; ++b) {
    Reader reader(row_words(*task, batch, b));
    ASSERT_EQ(batch.targets[b].item<int64_t>(), reader.value());
    ASSERT_TRUE(reader.done());
  }
}

TEST(ListopsTask, RowsKeepToDepthArgumentsAndLengthAndReachThem) {
  const auto task = prepared_task("listops", {{"depth", 4}, {"arguments", 3}, {"length", 30}});
  const auto batch = task->batch(Split::train, 0, 1000);
  int64_t deepest = 0, most = 0, least = 1000, longest = 0, shortest = 1000;
  for (int64_t b = 0; b < 1000; ++b) {
    const auto words = row_words(*task, batch, b);
    Reader reader(words);
    reader.value();
    deepest = std::max(deepest, reader.deepest());
    most = std::max(most, reader.most_arguments());
    least = std::min(least, reader.least_arguments());
    longest = std::max<int64_t>(longest, std::ssize(words));
    shortest = std::min<int64_t>(shortest, std::ssize(words));
  }
  EXPECT_EQ(deepest, 4);
  EXPECT_EQ(most, 3);
  EXPECT_EQ(least, 2);
  EXPECT_EQ(longest, 30);
  EXPECT_EQ(shortest, 4);
}

TEST(ListopsTask, TheShortestLengthAndTheDeepestNestingStillMakeRows) {
  for (const int64_t length : {5, 6, 11}) {
    const auto task =
        prepared_task("listops", {{"depth", 50}, {"arguments", 1000}, {"length", length}});
    EXPECT_EQ(task->shape().max_length, length);
    const auto batch = task->batch(Split::train, 0, 200);
    EXPECT_EQ(batch.input.values.size(1), length);
    for (int64_t b = 0; b < 200; ++b) {
      Reader reader(row_words(*task, batch, b));
      ASSERT_EQ(batch.targets[b].item<int64_t>(), reader.value());
      ASSERT_GE(reader.least_arguments(), 2);
    }
  }
}

TEST(ListopsTask, EveryOperatorIsAsFrequentAndSoIsEveryDigit) {
  const auto task = prepared_task("listops");
  const auto batch = task->batch(Split::train, 0, 2000);
  std::map<std::string, double> counts;
  for (int64_t b = 0; b < 2000; ++b)
    for (const auto& word : row_words(*task, batch, b)) ++counts[word];
  EXPECT_EQ(counts.size(), 15u);
  for (const std::string operation : {"[MIN", "[MAX", "[MED", "[SM"})
    EXPECT_NEAR(counts[operation] / counts["]"], 0.25, 0.02) << operation;
  double digits = 0;
  for (char digit = '0'; digit <= '9'; ++digit) digits += counts[{digit}];
  for (char digit = '0'; digit <= '9'; ++digit)
    EXPECT_NEAR(counts[{digit}] / digits, 0.1, 0.01) << digit;
}

TEST(ListopsTask, OneClassARowIsAskedForAndCountedByItsLength) {
  const auto task = prepared_task("listops");
  EXPECT_EQ(task->shape().output, SequenceShape::Output::per_sequence);
  EXPECT_EQ(task->shape().output_width, 10);
  const auto batch = task->batch(Split::train, 0, 300);
  EXPECT_TRUE(batch.groups.equal(batch.input.lengths));
  Scores scores;
  task->score(at::one_hot(batch.targets, 10), batch, scores);
  EXPECT_EQ(scores.find("accuracy")->correct, 300);
  ASSERT_NE(scores.find("accuracy", "length", "11-20"), nullptr);
  EXPECT_EQ(scores.find("accuracy", "length", "11-20")->total,
            batch.groups.ge(11).logical_and(batch.groups.le(20)).sum().item<int64_t>());
}

TEST(ListopsTask, BaselinesAreThoseOfTheClassesFrequencies) {
  // one operation on two digits: all there are
  std::vector<double> shares(10, 0);
  for (const std::string operation : {"[MIN", "[MAX", "[MED", "[SM"})
    for (char first = '0'; first <= '9'; ++first)
      for (char second = '0'; second <= '9'; ++second)
        shares.at(static_cast<size_t>(Reader({operation, {first}, {second}, "]"}).value())) +=
            1.0 / 400;
  double entropy = 0;
  for (const double share : shares) entropy -= share * std::log(share);

  const auto task = prepared_task("listops", {{"depth", 1}, {"arguments", 2}});
  EXPECT_NEAR(baseline(*task, "accuracy", "always answers 4"), shares[4], 0.007);
  EXPECT_NEAR(baseline(*task, "loss", "knows how frequent each class is"), entropy, 0.003);
  EXPECT_NEAR(baseline(*task, "loss"), std::log(10), 1e-12);
  EXPECT_EQ(*std::max_element(shares.begin(), shares.end()), shares[4]);
}

}  // namespace
}  // namespace heed
