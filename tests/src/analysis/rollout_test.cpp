#include "src/analysis/rollout.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "tests/models/closeness.h"
#include "tests/src/analysis/maps.h"

namespace heed {
namespace {

at::Tensor batch_of(const std::vector<Rows>& heads) {
  std::vector<at::Tensor> maps;
  for (const auto& head : heads) maps.push_back(matrix(head));
  return at::stack(maps).unsqueeze(0);
}

TEST(Rollout, OfOneLayerIsHalfTheMeanOfTheHeadsAndHalfTheIdentity) {
  const auto result = rollout({batch_of({{{1, 0}, {1, 0}}, {{1, 0}, {0.5, 0.5}}})});
  ASSERT_EQ(result.size(), 1U);
  EXPECT_TRUE(close(result[0][0], matrix({{1, 0}, {0.375, 0.625}}), 1e-15));
}

// The upper layer's last position is made of the one before; that one's of the first, below.
TEST(Rollout, GoesFromTheFirstLayerUp) {
  const Rows lower = {{1, 0, 0}, {1, 0, 0}, {0, 0, 1}}, upper = {{1, 0, 0}, {0, 1, 0}, {0, 1, 0}};
  const auto result = rollout({batch_of({lower}), batch_of({upper})});
  EXPECT_TRUE(close(result[0][0], matrix({{1, 0, 0}, {0.5, 0.5, 0}, {0, 0, 1}}), 1e-15));
  EXPECT_TRUE(close(result[1][0], matrix({{1, 0, 0}, {0.5, 0.5, 0}, {0.25, 0.25, 0.5}}), 1e-15));
}

TEST(Rollout, RowsSumToOneAlsoWhereARowMayAttendNowhere) {
  auto allowed = causal(6).clone();
  allowed[2].fill_(false);
  std::vector<at::Tensor> layers;
  for (int layer = 0; layer < 3; ++layer)
    layers.push_back(random_weights({2, 3, 6, 6}, allowed, layer));
  for (const auto& layer : rollout(layers)) {
    EXPECT_TRUE(close(layer.sum(-1), at::ones({2, 6}), 1e-12));
    EXPECT_DOUBLE_EQ(layer[1][2][2].item<double>(), 1);  // made of itself
  }
}

TEST(Rollout, RefusesMapsThatAreNotSquareOrNotOfOneSize) {
  EXPECT_TRUE(rollout({}).empty());
  EXPECT_THROW(rollout({at::rand({1, 2, 3, 4})}), std::invalid_argument);
  EXPECT_THROW(rollout({at::rand({3, 3})}), std::invalid_argument);
  EXPECT_THROW(rollout({at::rand({1, 2, 3, 3}), at::rand({1, 2, 4, 4})}), std::invalid_argument);
}

}  // namespace
}  // namespace heed
