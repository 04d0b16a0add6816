#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/train/tasks/formal_rows.h"

namespace heed {
namespace {

using Words = std::vector<std::string>;

// By splitting at the last + or -, and where there is none at the last *.
int64_t compute_value(const Words& words) {
  const auto split = [&words](const std::string& operators) -> int64_t {
    for (auto place = std::ssize(words) - 1; place >= 0; --place)
      if (operators.find(words[static_cast<size_t>(place)]) != std::string::npos) return place;
    return -1;
  };
  auto place = split("+-");
  if (place < 0) place = split("*");
  if (place < 0) return std::stoi(words.at(0));
  const auto left = compute_value({words.begin(), words.begin() + place});
  const auto right = compute_value({words.begin() + place + 1, words.end()});
  const auto& operation = words[static_cast<size_t>(place)];
  return operation == "*" ? left * right : operation == "+" ? left + right : left - right;
}

int64_t modulo_5(int64_t value) { return (value % 5 + 5) % 5; }

TEST(ModularTask, TheAnswerIsTheValueModulo5ProductsBeforeSums) {
  const auto task = formal_task("modular", 1, 25);
  const auto batch = task->batch(Split::train, 0, 500);
  for (int64_t b = 0; b < 500; ++b)
    ASSERT_EQ(batch.targets[b].item<int64_t>(),
              modulo_5(compute_value(row_words(*task, batch, b))));
}

TEST(ModularTask, DigitsAndOperatorsTakeTurnsAndLengthsAreOdd) {
  const auto task = formal_task("modular", 4, 10);
  EXPECT_EQ(task->shape().max_length, 9);
  const auto batch = task->batch(Split::train, 0, 300);
  std::vector<int64_t> lengths;
  for (int64_t b = 0; b < 300; ++b) {
    const auto words = row_words(*task, batch, b);
    for (size_t t = 0; t < words.size(); ++t)
      ASSERT_EQ(std::string(t % 2 ? "+-*" : "01234").find(words[t]) != std::string::npos, true);
    lengths.push_back(std::ssize(words));
    EXPECT_EQ(lengths.back() % 2, 1);
  }
  EXPECT_EQ(*std::min_element(lengths.begin(), lengths.end()), 3);
  EXPECT_EQ(*std::max_element(lengths.begin(), lengths.end()), 9);
}

TEST(ModularTask, WithEveryOnlyDigitsAreAnswered) {
  const auto task = formal_task("modular", 1, 15, true);
  const auto batch = task->batch(Split::train, 0, 100);
  for (int64_t b = 0; b < 100; ++b) {
    const auto words = row_words(*task, batch, b);
    for (int64_t t = 0; t < std::ssize(words); ++t) {
      const bool digit = t % 2 == 0;
      const auto so_far = Words(words.begin(), words.begin() + t + 1);
      ASSERT_EQ(batch.targets[b][t].item<int64_t>(),
                digit ? modulo_5(compute_value(so_far)) : not_scored);
      ASSERT_EQ(batch.groups[b][t].item<int64_t>(), digit ? t + 1 : not_scored);
    }
  }
}

double share_of_zero(int64_t length) {
  const auto rows = all_strings(length, {"0", "1", "2", "3", "4"}, {"+", "-", "*"});
  int64_t zeros = 0;
  for (const auto& row : rows) zeros += modulo_5(compute_value(row)) == 0;
  return static_cast<double>(zeros) / static_cast<double>(rows.size());
}

TEST(ModularTask, TheFrequencyOfZeroIsExact) {
  const double one = share_of_zero(1), three = share_of_zero(3), five = share_of_zero(5);
  EXPECT_GT(three, 0.2);
  // drawn lengths 1 to 6 are rounded down to 1, 1, 3, 3, 5, 5
  const auto task = formal_task("modular", 1, 6);
  EXPECT_NEAR(baseline(*task, "accuracy", "always answers 0"), (one + three + five) / 3, 1e-12);
  EXPECT_NEAR(baseline(*task, "accuracy"), 0.2, 1e-12);
  EXPECT_NEAR(baseline(*task, "loss"), std::log(5), 1e-12);
  const auto every = formal_task("modular", 5, 5, true);
  EXPECT_NEAR(baseline(*every, "accuracy", "always answers 0"), (one + three + five) / 3, 1e-12);
}

}  // namespace
}  // namespace heed
