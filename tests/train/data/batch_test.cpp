#include "train/data/batch.h"

#include <gtest/gtest.h>

namespace heed {
namespace {

TEST(TokenRows, AdjoiningBlocksScoreEveryTokenButTheFirstExactlyOnce) {
  for (const int64_t size : {2, 8, 9, 10, 17}) {
    const auto tokens = at::arange(size, at::kLong) + 100;
    const int64_t context = 4, blocks = adjoining_block_count(tokens, context);
    const auto batch = adjoining_blocks(tokens, context, 0, blocks);
    const auto scored = batch.targets.ne(not_scored);
    EXPECT_TRUE(batch.targets.masked_select(scored).equal(tokens.slice(0, 1))) << size;
    EXPECT_TRUE(batch.input.values.masked_select(scored).equal(tokens.slice(0, 0, size - 1)))
        << size;
  }
}

TEST(TokenRows, AnyPartOfTheBlocksIsThatPartOfTheWhole) {
  const auto tokens = at::arange(30, at::kLong);
  const auto whole = adjoining_blocks(tokens, 4, 0, 8), part = adjoining_blocks(tokens, 4, 5, 3);
  EXPECT_TRUE(part.targets.equal(whole.targets.slice(0, 5)));
  EXPECT_TRUE(part.input.values.equal(whole.input.values.slice(0, 5)));
}

TEST(TokenRows, RowsOfDifferentLengthsArePaddedAndPaddingIsNotScored) {
  const auto batch = next_token_batch({{7, 8, 9}, {5, 6}});
  EXPECT_TRUE(batch.input.values.equal(at::tensor({7, 8, 5, 0}, at::kLong).view({2, 2})));
  EXPECT_TRUE(batch.targets.equal(at::tensor({8, 9, 6, -1}, at::kLong).view({2, 2})));
  EXPECT_TRUE(batch.input.lengths.equal(at::tensor({2, 1}, at::kLong)));
}

TEST(TokenRows, RowsOfOneLengthNeedNoLengths) {
  EXPECT_FALSE(next_token_batch({{7, 8, 9}, {5, 6, 4}}).input.lengths.defined());
}

TEST(OneRow, IsARowWithoutItsPaddingAndWithoutLengths) {
  const SequenceInput batch{.values = at::arange(6).view({2, 3}),
                            .lengths = at::tensor({3, 2}, at::kLong),
                            .source = at::arange(8).view({2, 4}),
                            .source_lengths = at::tensor({4, 1}, at::kLong)};
  const auto row = one_row(batch, 1);
  EXPECT_TRUE(row.values.equal(at::tensor({3, 4}, at::kLong).view({1, 2})));
  EXPECT_TRUE(row.source.equal(at::tensor({4}, at::kLong).view({1, 1})));
  EXPECT_FALSE(row.lengths.defined());
  EXPECT_FALSE(row.source_lengths.defined());
}

TEST(OneRow, OfABatchWithoutLengthsOrSourceIsTheWholeRow) {
  const auto row = one_row({.values = at::zeros({2, 3, 5})}, 0);
  EXPECT_EQ(row.values.sizes(), (std::vector<int64_t>{1, 3, 5}));
  EXPECT_FALSE(row.source.defined());
}

}  // namespace
}  // namespace heed
