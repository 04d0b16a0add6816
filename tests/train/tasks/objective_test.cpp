#include "train/tasks/objective.h"

#include <gtest/gtest.h>

#include "train/data/batch.h"

namespace heed {
namespace {

constexpr int64_t vocabulary = 50, mask_token = vocabulary;

Batch rows(int64_t batch, int64_t length) {
  const auto windows = at::randint(vocabulary, {batch, length + 1}, at::kLong);
  return next_token_batch(windows);
}

Objective masked(double share = 0.2) {
  Objective objective;
  objective.kind = Objective::Kind::masked;
  objective.mask_share = share;
  return objective;
}

TEST(Objective, TheNextTokenLeavesTheBatchAsItIs) {
  const auto batch = rows(3, 8);
  const auto same = Objective().apply(batch, 1, Split::train, 0, mask_token);
  EXPECT_TRUE(same.input.values.is_same(batch.input.values));
  EXPECT_TRUE(same.targets.is_same(batch.targets));
}

TEST(Objective, MaskedAsksOnlyForTheMaskedTokens) {
  at::manual_seed(1);
  const auto batch = rows(40, 20);
  const auto hidden = masked().apply(batch, 1, Split::train, 0, mask_token);
  const auto asked = hidden.targets.ne(not_scored);
  EXPECT_TRUE(asked.sum(1).eq(4).all().item<bool>());  // a fifth of 20
  EXPECT_TRUE(hidden.targets.masked_select(asked).equal(batch.input.values.masked_select(asked)));
  const auto untouched = asked.logical_not();
  EXPECT_TRUE(hidden.input.values.masked_select(untouched).equal(
      batch.input.values.masked_select(untouched)));
}

TEST(Objective, OfTenChosenEightAreMaskedOneIsAnotherTokenAndOneStays) {
  at::manual_seed(2);
  const auto batch = rows(400, 50);
  const auto hidden = masked(0.5).apply(batch, 1, Split::train, 0, mask_token);
  const auto asked = hidden.targets.ne(not_scored);
  const auto read = hidden.input.values.masked_select(asked);
  const auto true_tokens = hidden.targets.masked_select(asked);
  const auto share = [](const at::Tensor& chosen) {
    return chosen.to(at::kDouble).mean().item<double>();
  };
  EXPECT_NEAR(share(read.eq(mask_token)), 0.8, 0.015);
  EXPECT_NEAR(share(read.eq(true_tokens)), 0.1 + 0.1 / vocabulary, 0.015);
  EXPECT_LE(read.max().item<int64_t>(), mask_token);
}

TEST(Objective, TheChoiceFollowsFromSeedSplitAndRow) {
  at::manual_seed(3);
  const auto batch = rows(6, 30);
  const auto targets = [&](uint64_t seed, Split split) {
    return masked().apply(batch, seed, split, 10, mask_token).targets;
  };
  const auto first = targets(1, Split::train);
  EXPECT_TRUE(first.equal(targets(1, Split::train)));
  EXPECT_FALSE(first.equal(targets(2, Split::train)));
  EXPECT_FALSE(first.equal(targets(1, Split::validation)));
  Batch tail = batch;
  tail.input.values = batch.input.values.narrow(0, 2, 4);
  tail.targets = batch.targets.narrow(0, 2, 4);
  EXPECT_TRUE(
      masked().apply(tail, 1, Split::train, 12, mask_token).targets.equal(first.narrow(0, 2, 4)));
}

TEST(Objective, PaddingIsNeverMaskedAndARowMasksAtLeastOneToken) {
  const std::vector<std::vector<int64_t>> texts = {{1, 2}, {3, 4, 5, 6, 7, 8, 9}};
  const auto hidden = masked(0.15).apply(next_token_batch(texts), 1, Split::test, 0, mask_token);
  const auto asked = hidden.targets.ne(not_scored);
  EXPECT_EQ(asked.sum(1)[0].item<int64_t>(), 1);
  EXPECT_TRUE(asked[0][0].item<bool>());  // the first row counts one position
  EXPECT_EQ(asked.sum(1)[1].item<int64_t>(), 1);
}

}  // namespace
}  // namespace heed
