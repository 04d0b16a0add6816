#include "src/analysis/cluster_order.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>

namespace heed {
namespace {

using Order = std::vector<int64_t>;

// Distances of points on a line.
at::Tensor on_a_line(const std::vector<double>& points) {
  const auto line = at::tensor(points, at::kDouble);
  return (line.unsqueeze(1) - line).abs();
}

TEST(ClusterOrder, PutsThingsThatAreAlikeSideBySide) {
  EXPECT_EQ(cluster_order(on_a_line({0, 10, 0.5, 10.25, 30})), (Order{0, 2, 1, 3, 4}));
}

// All distances are `far` but those given.
at::Tensor distances_with(double far, const std::vector<std::pair<int64_t, int64_t>>& pairs,
                          const std::vector<double>& near) {
  auto result = at::full({5, 5}, far, at::kDouble);
  result.diagonal().zero_();
  for (size_t i = 0; i < pairs.size(); ++i) {
    const auto [a, b] = pairs[i];
    result[a][b] = result[b][a] = near[i];
  }
  return result;
}

// After 0 and 1, thing 4 is 2 away from the nearer and 5.5 on average, and 3 away from thing 2.
TEST(ClusterOrder, GoesByTheMeanDistanceAndNotByTheNearestPair) {
  EXPECT_EQ(cluster_order(distances_with(9, {{0, 1}, {0, 4}, {2, 4}}, {1, 2, 3})),
            (Order{0, 1, 2, 4, 3}));
}

// Thing 4 is (2.5 + 2.5 + 7) / 3 = 4 away from 1, 2 and 3; were 3 to weigh as much as 1 and 2
// together it would be 4.75, and thing 0 nearer.
TEST(ClusterOrder, WeighsEachThingOfAGroupAlike) {
  const std::vector<std::pair<int64_t, int64_t>> pairs = {{1, 2}, {1, 3}, {2, 3}, {1, 4},
                                                          {2, 4}, {3, 4}, {0, 4}};
  EXPECT_EQ(cluster_order(distances_with(20, pairs, {1, 2, 2, 2.5, 2.5, 7, 4.5})),
            (Order{0, 1, 2, 3, 4}));
  EXPECT_EQ(cluster_order(distances_with(20, pairs, {1, 2, 2, 2.5, 2.5, 7, 3.5})),
            (Order{0, 4, 1, 2, 3}));
}

TEST(ClusterOrder, OfEquallyNearThingsIsTheirOwn) {
  EXPECT_EQ(cluster_order(at::ones({4, 4}) - at::eye(4)), (Order{0, 1, 2, 3}));
}

TEST(ClusterOrder, PutsWhatHasNoDistanceLast) {
  auto distances = on_a_line({0, 5, 1});
  distances[0][1] = distances[1][0] = std::numeric_limits<double>::quiet_NaN();
  distances[2][1] = distances[1][2] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(cluster_order(distances), (Order{0, 2, 1}));
}

TEST(ClusterOrder, OfOneOrNoThingIsItself) {
  EXPECT_EQ(cluster_order(at::zeros({1, 1})), Order{0});
  EXPECT_EQ(cluster_order(at::zeros({0, 0})), Order{});
  EXPECT_THROW(cluster_order(at::zeros({2, 3})), std::invalid_argument);
  EXPECT_THROW(cluster_order({}), std::invalid_argument);
}

}  // namespace
}  // namespace heed
