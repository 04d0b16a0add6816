#include "train/data/one_row.h"

#include <gtest/gtest.h>

namespace heed {
namespace {

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
