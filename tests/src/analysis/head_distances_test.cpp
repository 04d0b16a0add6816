#include "src/analysis/head_distances.h"

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>

#include "tests/models/closeness.h"
#include "tests/src/analysis/maps.h"

namespace heed {
namespace {

at::Tensor distances_of(const std::vector<HeadMaps>& attentions) {
  HeadDistances distances;
  distances.add(attentions);
  return distances.matrix();
}

TEST(HeadDistances, AreZeroForEqualHeadsAndOneForHeadsWithoutACommonKey) {
  const auto first = matrix({{1, 0, 0}, {1, 0, 0}, {0.5, 0.5, 0}});
  const auto last = matrix({{1, 0, 0}, {0, 1, 0}, {0, 0, 1}});
  const auto matrix_of_three = distances_of(
      {{.weights = at::stack({first, last, first}).unsqueeze(0), .allowed = causal(3)}});
  EXPECT_TRUE(close(matrix_of_three, matrix({{0, 1, 0}, {1, 0, 1}, {0, 1, 0}}), 1e-12));
}

TEST(HeadDistances, OfARowThatIsSharedByHalfAreKnown) {
  // The mean of (1, 0) and (1/2, 1/2) is (3/4, 1/4).
  const double divergence = -0.75 * std::log2(0.75) - 0.25 * std::log2(0.25) - 0.5;
  const auto map = at::stack({matrix({{0.5, 0.5}, {1, 0}}), matrix({{0.5, 0.5}, {0.5, 0.5}})});
  const auto distance = distances_of({{.weights = map.unsqueeze(0)}})[0][1].item<double>();
  EXPECT_NEAR(distance, std::sqrt(divergence) / 2, 1e-12);
}

double by_loops(const at::Tensor& p, const at::Tensor& q, int64_t length, bool is_causal) {
  double sum = 0;
  int rows = 0;
  for (int64_t t = 0; t < length; ++t) {
    const auto keys = is_causal ? t + 1 : length;
    if (keys < 2) continue;
    double divergence = 0;
    for (int64_t k = 0; k < keys; ++k) {
      const double a = p[t][k].item<double>(), b = q[t][k].item<double>(), m = (a + b) / 2;
      divergence += 0.5 * a * std::log2(a / m) + 0.5 * b * std::log2(b / m);
    }
    sum += std::sqrt(divergence);
    ++rows;
  }
  return sum / rows;
}

TEST(HeadDistances, OfPaddedBatchesAreMeansOverSentencesOfMeansOverRows) {
  const auto lower = padded_maps();
  auto upper = padded_maps();
  upper.weights = random_weights({3, 1, 7, 7}, causal(7), 9);
  HeadDistances distances;
  distances.add({lower, upper});
  const auto two_way = padded_two_way_maps();
  auto two_way_upper = two_way;
  two_way_upper.weights = two_way.weights.slice(1, 0, 1);
  distances.add({two_way, two_way_upper});
  EXPECT_EQ(distances.heads(), (std::vector<int64_t>{2, 1}));

  auto expected = at::zeros({3, 3}, at::kDouble);
  const auto causal_heads = at::cat({lower.weights, upper.weights}, 1);
  const auto two_way_heads = at::cat({two_way.weights, two_way_upper.weights}, 1);
  const int64_t lengths[] = {7, 5, 3};
  for (int64_t i = 0; i < 3; ++i)
    for (int64_t j = 0; j < 3; ++j)
      for (int64_t b = 0; b < 3; ++b) {
        const auto pair = [&](const at::Tensor& heads, bool is_causal) {
          return by_loops(heads[b][i], heads[b][j], lengths[b], is_causal);
        };
        expected[i][j] += (pair(causal_heads, true) + pair(two_way_heads, false)) / 6;
      }
  EXPECT_TRUE(close(distances.matrix(), expected, 1e-7));
}

TEST(HeadDistances, AreSymmetricWithinZeroAndOneAndZeroToThemselvesInSinglePrecision) {
  auto maps = padded_maps();
  maps.weights = random_weights({3, 6, 7, 7}, causal(7), 4).to(at::kFloat);
  maps.weights.select(1, 5).copy_(maps.weights.select(1, 0));
  const auto matrix = distances_of({maps});
  EXPECT_TRUE(matrix.equal(matrix.t()));
  EXPECT_TRUE(matrix.diagonal().eq(0).all().item<bool>());
  EXPECT_GE(matrix.min().item<double>(), 0);
  EXPECT_LE(matrix.max().item<double>(), 1);
  EXPECT_EQ(matrix[0][5].item<double>(), 0);
  EXPECT_GT(matrix[0][1].item<double>(), 0.1);
}

TEST(HeadDistances, WithoutARowAreNoNumbers) {
  const auto matrix = distances_of({{.weights = at::ones({1, 2, 1, 1})}});
  EXPECT_TRUE(std::isnan(matrix[0][1].item<double>()));
  EXPECT_EQ(matrix[1][1].item<double>(), 0);
  EXPECT_FALSE(HeadDistances().matrix().defined());
}

TEST(HeadDistances, RefuseMapsOfOtherSizes) {
  HeadDistances distances;
  EXPECT_THROW(distances.add({}), std::invalid_argument);
  EXPECT_THROW(
      distances.add({{.weights = at::rand({1, 2, 3, 3})}, {.weights = at::rand({1, 2, 4, 4})}}),
      std::invalid_argument);
  distances.add({{.weights = at::rand({1, 2, 3, 3})}});
  EXPECT_THROW(distances.add({{.weights = at::rand({1, 3, 3, 3})}}), std::invalid_argument);
  EXPECT_NO_THROW(distances.add({{.weights = at::rand({2, 2, 5, 5})}}));
}

TEST(LayerSpread, IsTheMeanDistanceOfEachLayersPairs) {
  auto distances = at::zeros({6, 6}, at::kDouble);
  const auto put = [&](int64_t i, int64_t j, double value) {
    distances[i][j] = distances[j][i] = value;
  };
  put(0, 1, 0.5);
  put(0, 2, 1);
  put(1, 2, 0.75);
  put(3, 4, 0.25);
  put(2, 3, 0.9);
  const auto spread = layer_spread(distances, {3, 2, 1});
  ASSERT_EQ(spread.size(), 3U);
  EXPECT_DOUBLE_EQ(spread[0], 0.75);
  EXPECT_DOUBLE_EQ(spread[1], 0.25);
  EXPECT_TRUE(std::isnan(spread[2]));
  EXPECT_THROW(layer_spread(distances, {3, 2}), std::invalid_argument);
}

}  // namespace
}  // namespace heed
