#include <gmock/gmock.h>

#include <cmath>

#include "models/positions/positional_encoding.h"
#include "tests/models/closeness.h"

namespace heed {
namespace {

std::shared_ptr<AttentionPositions> rotary(int64_t width) {
  return PositionRegistry::instance().make("rotary")->build_for_attention(1, width);
}

TEST(RotaryPositions, RotateEachPairOfDimensionsByItsAngle) {
  at::manual_seed(1);
  const int64_t length = 7, width = 6, start = 3;
  const auto heads = at::randn({length, width}, at::kDouble);
  auto expected = at::empty_like(heads);
  for (int64_t t = 0; t < length; ++t)
    for (int64_t i = 0; i < width / 2; ++i) {
      const double angle =
          static_cast<double>(start + t) / std::pow(10000.0, 2 * static_cast<double>(i) / width);
      const double x = heads[t][2 * i].item<double>(), y = heads[t][2 * i + 1].item<double>();
      expected[t][2 * i] = x * std::cos(angle) - y * std::sin(angle);
      expected[t][2 * i + 1] = x * std::sin(angle) + y * std::cos(angle);
    }
  EXPECT_TRUE(close(rotary(width)->rotate(heads, start), expected, 1e-12));
}

TEST(RotaryPositions, ScoresDependOnTheDifferenceOfPositionsAlone) {
  at::manual_seed(2);
  const auto positions = rotary(8);
  const auto query = at::randn({5, 8}, at::kDouble), key = at::randn({5, 8}, at::kDouble);
  const auto scores = [&](int64_t start) {
    return at::matmul(positions->rotate(query, start), positions->rotate(key, start).t());
  };
  EXPECT_TRUE(close(scores(1000), scores(0), 1e-10));
  EXPECT_FALSE(close(at::matmul(positions->rotate(query, 1), positions->rotate(key, 0).t()),
                     scores(0), 1e-3));
}

TEST(RotaryPositions, RefuseHeadsOfAnOddWidth) {
  EXPECT_THAT([] { rotary(5); }, ::testing::ThrowsMessage<std::invalid_argument>(
                                     ::testing::HasSubstr("even width, got a width of 5")));
}

}  // namespace
}  // namespace heed
