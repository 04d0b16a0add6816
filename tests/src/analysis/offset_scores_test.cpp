#include "src/analysis/offset_scores.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <stdexcept>

#include "tests/src/analysis/maps.h"

namespace heed {
namespace {

// Weight `share` on key q - offset, the rest on the query itself; all on itself where there is
// none.
at::Tensor looking_back(int64_t length, int64_t offset, double share) {
  auto map = at::eye(length, at::kDouble);
  for (int64_t q = 0; q < length; ++q) {
    if (q - offset < 0 || q - offset >= length) continue;
    map[q][q] = 1 - share;
    map[q][q - offset] = share;
  }
  return map;
}

OffsetScores::Best best_of(const HeadMaps& maps) {
  OffsetScores scores;
  scores.add(maps);
  return scores.best().at(0);
}

TEST(OffsetScores, FindTheOffsetOfEachHeadAndItsMeanWeight) {
  OffsetScores scores;
  scores.add(
      {.weights = at::stack({looking_back(10, 3, 0.75), looking_back(10, 1, 0.9)}).unsqueeze(0),
       .allowed = causal(10)});
  const auto best = scores.best();
  ASSERT_EQ(best.size(), 2U);
  EXPECT_EQ(best[0].offset, 3);
  EXPECT_DOUBLE_EQ(best[0].mass, 0.75);
  EXPECT_EQ(best[1].offset, 1);
  EXPECT_DOUBLE_EQ(best[1].mass, 0.9);
}

TEST(OffsetScores, AreMeansOverAllSentences) {
  const auto maps = at::stack({looking_back(9, 2, 0.75), looking_back(9, 2, 0.5)}).unsqueeze(1);
  const auto best = best_of({.weights = maps, .allowed = causal(9)});
  EXPECT_EQ(best.offset, 2);
  EXPECT_DOUBLE_EQ(best.mass, 0.625);
}

TEST(OffsetScores, AreNegativeForHeadsThatLookAhead) {
  const auto best = best_of({.weights = looking_back(8, -2, 0.625).unsqueeze(0).unsqueeze(0)});
  EXPECT_EQ(best.offset, -2);
  EXPECT_DOUBLE_EQ(best.mass, 0.625);
}

// All look at the first token: each offset is seen by one row alone that has it, the last ones by
// nearly no others.
TEST(OffsetScores, LeaveOutOffsetsThatFewRowsHave) {
  auto maps = at::zeros({9, 9}, at::kDouble);
  maps.select(1, 0).fill_(1);
  const auto best = best_of({.weights = maps.unsqueeze(0).unsqueeze(0), .allowed = causal(9)});
  EXPECT_EQ(best.offset, 5);  // 4 of 8 rows have it, one looks there
  EXPECT_DOUBLE_EQ(best.mass, 0.25);
}

TEST(OffsetScores, LeaveOutRowsWhoseWeightIsForced) {
  // Row 0 can but look at itself; the others do not look at themselves at all.
  const auto best = best_of(one_map({{1, 0, 0}, {1, 0, 0}, {0.5, 0.5, 0}}));
  EXPECT_EQ(best.offset, 1);
  EXPECT_DOUBLE_EQ(best.mass, 0.75);
}

TEST(OffsetScores, OfEqualOffsetsIsTheSmallestAPositiveOneFirst) {
  const auto even = at::full({1, 1, 5, 5}, 0.2, at::kDouble);
  EXPECT_EQ(best_of({.weights = even}).offset, 0);
  auto neighbours = at::zeros({1, 1, 5, 5}, at::kDouble);
  neighbours.diagonal(1, 2, 3).fill_(0.5);
  neighbours.diagonal(-1, 2, 3).fill_(0.5);
  EXPECT_EQ(best_of({.weights = neighbours}).offset, 1);
}

TEST(OffsetScores, OfASingleTokenAreNoNumber) {
  EXPECT_TRUE(std::isnan(best_of(one_map({{1}})).mass));
  EXPECT_TRUE(OffsetScores().best().empty());
}

TEST(OffsetScores, RefuseAnotherNumberOfHeads) {
  OffsetScores scores;
  scores.add({.weights = at::rand({1, 2, 3, 3})});
  EXPECT_THROW(scores.add({.weights = at::rand({1, 3, 3, 3})}), std::invalid_argument);
}

// By loops over every batch, sentence, row and key that counts.
OffsetScores::Best by_loops(const std::vector<HeadMaps>& batches, int64_t head) {
  std::map<int64_t, std::pair<double, int>> sums;
  int all_rows = 0;
  for (const auto& maps : batches)
    for (int64_t b = 0; b < maps.weights.size(0); ++b) {
      const auto queries = maps.query_lengths[b].item<int64_t>();
      const auto keys = maps.key_lengths[b].item<int64_t>();
      for (int64_t q = 0; q < queries; ++q) {
        const auto open = maps.allowed.defined() ? std::min(q + 1, keys) : keys;
        if (open < 2) continue;
        ++all_rows;
        for (int64_t k = 0; k < open; ++k) {
          sums[q - k].first += maps.weights[b][head][q][k].item<double>();
          ++sums[q - k].second;
        }
      }
    }
  OffsetScores::Best best{.mass = -1};
  for (const auto& [offset, sum] : sums)
    if (2 * sum.second >= all_rows && sum.first / sum.second > best.mass)
      best = {.mass = sum.first / sum.second, .offset = offset};
  return best;
}

void expect_as_by_loops(const std::vector<HeadMaps>& batches) {
  OffsetScores scores;
  for (const auto& maps : batches) scores.add(maps);
  for (int64_t head = 0; head < 2; ++head) {
    const auto expected = by_loops(batches, head);
    const auto best = scores.best().at(static_cast<size_t>(head));
    EXPECT_EQ(best.offset, expected.offset);
    EXPECT_NEAR(best.mass, expected.mass, 1e-12);
  }
}

TEST(OffsetScores, AddUpBatchesOfAnyLengthWithoutTheirPadding) {
  const auto lengths = at::tensor(std::vector<int64_t>{4, 2});
  const HeadMaps shorter{.weights = random_weights({2, 2, 4, 4}, causal(4), 5),
                         .allowed = causal(4),
                         .query_lengths = lengths,
                         .key_lengths = lengths};
  expect_as_by_loops({padded_maps()});
  expect_as_by_loops({shorter, padded_maps()});
  expect_as_by_loops({padded_maps(), shorter});
  expect_as_by_loops({padded_two_way_maps()});
}

TEST(OffsetScores, TakeCrossAttentionOfAnyShape) {
  for (const auto& [queries, keys] : {std::pair<int64_t, int64_t>{3, 6}, {6, 3}, {5, 2}}) {
    const auto all = at::ones({queries, keys}, at::kBool);
    expect_as_by_loops({{.weights = random_weights({2, 2, queries, keys}, all, 7),
                         .query_lengths = at::tensor(std::vector<int64_t>{queries, 2}),
                         .key_lengths = at::tensor(std::vector<int64_t>{keys, 2}),
                         .self = false}});
  }
}

}  // namespace
}  // namespace heed
