#include "train/tasks/alignment.h"

#include <gtest/gtest.h>

#include "train/tasks/task.h"

namespace heed {
namespace {

/// [1, 1, H, T, S]: weight one where `looks` says, for each head and target.
at::Tensor maps(const std::vector<std::vector<int64_t>>& looks, int64_t keys) {
  const auto heads = static_cast<int64_t>(looks.size());
  const auto targets = static_cast<int64_t>(looks.front().size());
  auto weights = at::zeros({1, 1, heads, targets, keys});
  for (int64_t h = 0; h < heads; ++h)
    for (int64_t t = 0; t < targets; ++t)
      weights[0][0][h][t][looks[static_cast<size_t>(h)][static_cast<size_t>(t)]] = 1;
  return weights;
}

at::Tensor row(const std::vector<int64_t>& values) {
  return at::tensor(values, at::kLong).unsqueeze(0);
}

TEST(AlignmentErrors, AreTheShareOfWordsThatAHeadAlignsWrongly) {
  AlignmentErrors errors;
  const Batch batch{.input = {}, .alignment = row({2, 0, 1, not_scored})};
  errors.add(maps({{2, 0, 1, 0}, {2, 1, 1, 0}, {0, 2, 2, 1}}, 3), batch);
  const auto rates = errors.rates();
  ASSERT_EQ(rates.size(), 4u);
  EXPECT_DOUBLE_EQ(rates[0].error_rate, 0);
  EXPECT_NEAR(rates[1].error_rate, 1.0 / 3, 1e-12);
  EXPECT_DOUBLE_EQ(rates[2].error_rate, 1);
  EXPECT_EQ(rates[3].head, -1);  // two of three heads agree on words 0 and 2, word 1 is a tie
  EXPECT_EQ(best_head(rates)->head, 0);
}

TEST(AlignmentErrors, AWordOfTwoPossibleLinksMayLookAtEither) {
  // Word 0 stands for source word 0 or 1, possibly; word 1 for source word 2, surely.
  const Batch batch{.input = {}, .alignment = row({0, 2}), .also_aligned = row({1, not_scored})};
  AlignmentErrors errors;
  errors.add(maps({{0, 2}, {1, 2}, {2, 2}, {0, 0}}, 3), batch);
  const auto rates = errors.rates();
  // 1 - (|A and S| + |A and P|) / (|A| + |S|) with |A| = 2 and |S| = 1
  EXPECT_DOUBLE_EQ(rates[0].error_rate, 0);
  EXPECT_DOUBLE_EQ(rates[1].error_rate, 0);
  EXPECT_NEAR(rates[2].error_rate, 1 - (1.0 + 1.0) / 3, 1e-12);
  EXPECT_NEAR(rates[3].error_rate, 1 - (0.0 + 1.0) / 3, 1e-12);
}

TEST(AlignmentErrors, AddUpOverBatchesAndAreNoneWithoutAny) {
  AlignmentErrors errors;
  EXPECT_TRUE(errors.rates().empty());
  EXPECT_EQ(best_head({}), nullptr);
  errors.add(maps({{0}}, 2), {.input = {}, .alignment = row({0})});
  errors.add(maps({{0, 0, 0}}, 2), {.input = {}, .alignment = row({1, 1, 0})});
  EXPECT_DOUBLE_EQ(errors.rates()[0].error_rate, 0.5);
}

}  // namespace
}  // namespace heed
