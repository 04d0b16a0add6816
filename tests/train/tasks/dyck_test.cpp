#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "tests/train/tasks/row_words.h"

namespace heed {
namespace {

using Words = std::vector<std::string>;

std::unique_ptr<Task> dyck(int64_t kinds, int64_t depth, int64_t length, double open = 0.5) {
  auto task = TaskRegistry::instance().make("dyck");
  OptionList list;
  task->describe(list);
  *std::get<int64_t*>(list.find("kinds")->target) = kinds;
  *std::get<int64_t*>(list.find("depth")->target) = depth;
  *std::get<int64_t*>(list.find("length")->target) = length;
  *std::get<double*>(list.find("open")->target) = open;
  task->prepare({});
  return task;
}

// What closes an opening bracket; empty for a closing one.
std::string partner(std::string word) {
  const auto kind = std::string("([{<").find(word.front());
  if (kind == std::string::npos) return "";
  word.front() = ")]}>"[kind];
  return word;
}

// For each bracket the position of its partner, -1 for an opening one; empty if
// they are not well-nested within `depth`.
std::vector<int64_t> partners(const Words& words, int64_t depth) {
  std::vector<int64_t> result, open;
  for (const auto& word : words) {
    if (!partner(word).empty()) {
      result.push_back(-1);
      open.push_back(std::ssize(result) - 1);
    } else {
      if (open.empty() || partner(words[static_cast<size_t>(open.back())]) != word) return {};
      result.push_back(open.back());
      open.pop_back();
    }
    if (std::ssize(open) > depth) return {};
  }
  return result;
}

// All that a row holds: what is read, and the last that is asked.
Words whole_row(const Task& task, const Batch& batch, int64_t b) {
  auto words = row_words(task, batch, b);
  words.push_back(task.tokenizer()->token(batch.targets[b][-1].item<int64_t>()));
  return words;
}

TEST(DyckTask, RowsAreWellNestedWithinTheDepthAndReachIt) {
  for (const auto& [kinds, depth] : {std::pair{1, 1}, {2, 3}, {4, 4}, {11, 6}}) {
    const auto task = dyck(kinds, depth, 40);
    EXPECT_EQ(task->shape().vocabulary, 2 * kinds);
    const auto batch = task->batch(Split::train, 0, 100);
    int64_t fits = 0, fits_less_deep = 0;
    for (int64_t b = 0; b < 100; ++b) {
      const auto words = whole_row(*task, batch, b);
      ASSERT_EQ(words.size(), 41u);
      fits += !partners(words, depth).empty();
      fits_less_deep += !partners(words, depth - 1).empty();
    }
    EXPECT_EQ(fits, 100);
    EXPECT_LT(fits_less_deep, 100);
  }
}

TEST(DyckTask, TheNextBracketIsAskedForAndNoLaterOneMayBeSeen) {
  const auto task = dyck(4, 4, 64);
  EXPECT_EQ(task->shape().context, SequenceShape::Context::causal);
  const auto batch = task->batch(Split::train, 0, 10);
  EXPECT_TRUE(batch.targets.narrow(1, 0, 63).equal(batch.input.values.narrow(1, 1, 63)));
}

TEST(DyckTask, AClosingBracketIsCountedByTheDistanceToTheOneItCloses) {
  const auto task = dyck(3, 5, 50);
  const auto batch = task->batch(Split::train, 0, 100);
  for (int64_t b = 0; b < 100; ++b) {
    const auto words = whole_row(*task, batch, b);
    const auto closes = partners(words, 5);
    for (int64_t t = 0; t < 50; ++t) {
      const auto from = closes[static_cast<size_t>(t + 1)];
      ASSERT_EQ(batch.groups[b][t].item<int64_t>(), from < 0 ? not_scored : t + 1 - from);
    }
  }
}

// All well-nested strings of `length` words, begun or complete.
std::vector<Words> all_rows(const Task& task, int64_t length, int64_t depth) {
  std::vector<Words> rows = {{}};
  for (int64_t place = 0; place < length; ++place) {
    std::vector<Words> longer;
    for (const auto& row : rows)
      for (int64_t word = 0; word < task.tokenizer()->size(); ++word) {
        auto next = row;
        next.push_back(task.tokenizer()->token(word));
        if (!partners(next, depth).empty()) longer.push_back(next);
      }
    rows = std::move(longer);
  }
  return rows;
}

// -ln of a whole row's probability but for its first word, by what the task says.
double exact_loss(const Task& task, const Words& row) {
  std::vector<int64_t> tokens;
  for (const auto& word : row) tokens.push_back(task.tokenizer()->encode(word, "row").at(0));
  const auto length = std::ssize(row) - 1;
  const auto all = at::tensor(tokens, at::kLong).unsqueeze(0);
  const Batch batch = {.input = {.values = all.narrow(1, 0, length)},
                       .targets = all.narrow(1, 1, length).contiguous()};
  return task.exact_losses(batch)->sum().item<double>();
}

TEST(DyckTask, ExactProbabilitiesAddUpToOneAndTheirEntropyIsTheBound) {
  for (const double open : {0.5, 0.2}) {
    const auto task = dyck(2, 2, 5, open);
    double sum = 0, entropy = 0, blind = 0;
    for (const auto& row : all_rows(*task, 6, 2)) {
      const double loss = exact_loss(*task, row), probability = std::exp(-loss) / 2;
      sum += probability;
      entropy += probability * loss / 5;
      // who does not know the kind pays ln 2 more for each bracket that closes
      const auto closes = partners(row, 2);
      const auto closing =
          std::count_if(closes.begin(), closes.end(), [](auto c) { return c >= 0; });
      blind += probability * (loss + static_cast<double>(closing) * std::log(2)) / 5;
    }
    EXPECT_NEAR(sum, 1, 1e-12);
    EXPECT_NEAR(*task->bound(), entropy, 1e-12);
    EXPECT_NEAR(baseline(*task, "loss", "knows the depth, but not which kind is open"), blind,
                1e-12);
  }
}

TEST(DyckTask, RowsAreAsFrequentAsTheirExactProbabilitySays) {
  const auto task = dyck(2, 2, 4, 0.3);
  constexpr int64_t rows = 20000;
  const auto batch = task->batch(Split::train, 0, rows);
  std::map<Words, int64_t> counts;
  for (int64_t b = 0; b < rows; ++b) ++counts[whole_row(*task, batch, b)];
  for (const auto& row : all_rows(*task, 5, 2)) {
    const double expected = std::exp(-exact_loss(*task, row)) / 2 * rows;
    EXPECT_NEAR(static_cast<double>(counts[row]), expected, 5 * std::sqrt(expected))
        << ::testing::PrintToString(row);
  }
}

TEST(DyckTask, OverManyRowsTheExactLossComesToTheBound) {
  const auto task = dyck(4, 4, 64);
  const auto losses = *task->exact_losses(task->batch(Split::train, 0, 1000));
  EXPECT_EQ(losses.scalar_type(), at::kDouble);
  const auto by_row = losses.mean(1);
  const double error = by_row.std().item<double>() / std::sqrt(1000.0);
  EXPECT_NEAR(by_row.mean().item<double>(), *task->bound(), 4 * error);
  EXPECT_LT(error, 0.01);
}

TEST(DyckTask, AtDepthOneBracketsOpenAndCloseInTurns) {
  const auto task = dyck(3, 1, 10);
  // of targets 1 to 10 every second opens, of an even choice of 3 kinds; the others are certain
  EXPECT_NEAR(*task->bound(), std::log(3) / 2, 1e-12);
  const auto groups = task->batch(Split::train, 0, 20).groups;
  EXPECT_TRUE(groups.slice(1, 0, 10, 2).eq(1).all().item<bool>());
  EXPECT_TRUE(groups.slice(1, 1, 10, 2).eq(not_scored).all().item<bool>());
}

TEST(DyckTask, OneKindCostsNoMoreToOneWhoKnowsTheDepth) {
  const auto task = dyck(1, 3, 20);
  EXPECT_NEAR(baseline(*task, "loss", "knows the depth, but not which kind is open"),
              *task->bound(), 1e-12);
  EXPECT_EQ(baseline(*task, "closing"), 1);
}

TEST(DyckTask, OnlyClosingBracketsCompeteWhereOneCloses) {
  const auto task = dyck(3, 4, 40);
  const auto batch = task->batch(Split::train, 0, 50);
  auto output = at::one_hot(batch.targets, 6).to(at::kFloat);
  output.narrow(-1, 0, 3).fill_(5);  // an opening one is likelier than all
  Scores right;
  task->score(output, batch, right);
  const auto closing = batch.groups.ne(not_scored).sum().item<int64_t>();
  EXPECT_EQ(right.find("closing")->total, closing);
  EXPECT_EQ(right.find("closing")->correct, closing);
  Scores wrong;
  task->score(-output, batch, wrong);
  EXPECT_EQ(wrong.find("closing")->total, closing);
  EXPECT_EQ(wrong.find("closing")->correct, 0);
  EXPECT_EQ(task->main_measure(), "closing");
}

TEST(DyckTask, ClosingIsBrokenDownByDistanceAndByHowManyAreOpen) {
  const auto task = dyck(2, 3, 40);
  const auto batch = task->batch(Split::train, 0, 50);
  std::map<std::string, int64_t> by_depth, by_distance;
  for (int64_t b = 0; b < 50; ++b) {
    const auto words = whole_row(*task, batch, b);
    const auto closes = partners(words, 3);
    int64_t open = 0;
    for (int64_t place = 0; place <= 40; ++place) {
      const auto from = closes[static_cast<size_t>(place)];
      if (from >= 0) {
        ++by_depth[std::to_string(open)];
        const auto distance = place - from;
        ++by_distance[distance == 1 ? "1" : distance == 3 ? "3-4" : distance < 9 ? "5-8" : "more"];
      }
      open += from < 0 ? 1 : -1;
    }
  }
  Scores scores;
  task->score(at::one_hot(batch.targets, 4).to(at::kFloat), batch, scores);
  ASSERT_EQ(by_depth.size(), 3u);
  for (const auto& [depth, count] : by_depth)
    EXPECT_EQ(scores.find("closing", "depth", depth)->correct, count);
  by_distance.erase("more");
  for (const auto& [distance, count] : by_distance)
    EXPECT_EQ(scores.find("closing", "distance", distance)->total, count);
}

TEST(DyckTask, LinksTheWordBeforeAClosingBracketToTheOneThatItCloses) {
  const auto task = dyck(2, 3, 40);
  const auto batch = task->batch(Split::validation, 0, 8);
  const auto kinds = task->gold_links(batch);
  ASSERT_EQ(kinds.size(), 1U);
  int64_t closing = 0;
  for (int64_t b = 0; b < 8; ++b)
    for (int64_t t = 0; t < 40; ++t)
      closing += partner(task->tokenizer()->token(batch.targets[b][t].item<int64_t>())).empty();
  EXPECT_EQ(std::ssize(kinds[0].links), closing);
  for (const auto& link : kinds[0].links) {
    const auto words = row_words(*task, batch, link.row);
    const auto from = static_cast<size_t>(link.keys.at(0)), to = static_cast<size_t>(link.query);
    const auto closed = batch.targets[link.row][link.query].item<int64_t>();
    EXPECT_EQ(partner(words[from]), task->tokenizer()->token(closed));
    int64_t open = 0;  // between the two, all that opens closes
    for (size_t t = from + 1; t <= to; ++t) {
      open += partner(words[t]).empty() ? -1 : 1;
      EXPECT_GE(open, 0);
    }
    EXPECT_EQ(open, 0);
  }
}

}  // namespace
}  // namespace heed
