#include "models/positions/positional_encoding.h"

#include <gmock/gmock.h>

#include <cmath>

#include "tests/models/closeness.h"

namespace heed {
namespace {

TEST(PositionalEncoding, SinusoidalTableFollowsItsDefinition) {
  for (const int64_t width : {1, 2, 7, 16}) {
    const auto table = sinusoidal_table(60, width, 0, at::kDouble);
    for (int64_t p = 0; p < 60; ++p)
      for (int64_t j = 0; j < width; ++j) {
        const double exponent = static_cast<double>(j - j % 2) / static_cast<double>(width);
        const double angle = static_cast<double>(p) / std::pow(10000.0, exponent);
        const double expected = j % 2 == 0 ? std::sin(angle) : std::cos(angle);
        ASSERT_NEAR(table[p][j].item<double>(), expected, 1e-12) << p << ", " << j;
      }
  }
}

TEST(PositionalEncoding, SinusoidalTableMayStartAnywhere) {
  const auto whole = sinusoidal_table(20, 6);
  EXPECT_TRUE(close(sinusoidal_table(5, 6, 15), whole.slice(0, 15), 0));
}

TEST(PositionalEncoding, EveryKindLeavesTheShapeAndContinuesFromItsStart) {
  at::manual_seed(1);
  for (const auto& name : PositionRegistry::instance().names()) {
    const auto positions = PositionRegistry::instance().make(name)->build(6, 10);
    const auto input = at::randn({2, 10, 6});
    const auto whole = positions->forward(input);
    EXPECT_EQ(whole.sizes(), input.sizes()) << name;
    EXPECT_TRUE(close(positions->forward(input.narrow(1, 7, 3), 7), whole.narrow(1, 7, 3), 1e-6))
        << name;
  }
}

TEST(PositionalEncoding, EachKindExceptNoneDistinguishesPositions) {
  for (const auto& name : PositionRegistry::instance().names()) {
    const auto kind = PositionRegistry::instance().make(name);
    const auto same = kind->build(6, 10)->forward(at::zeros({1, 10, 6}))[0];
    const bool at_the_input = !same[3].equal(same[7]);
    const bool inside = kind->build_for_attention(1, 6) != nullptr;
    EXPECT_EQ(at_the_input || inside, name != "none") << name;
    EXPECT_FALSE(at_the_input && inside) << name;
  }
}

TEST(PositionalEncoding, LearnedPositionsRefuseLongerSequences) {
  const auto learned = PositionRegistry::instance().make("learned")->build(4, 8);
  EXPECT_EQ(learned->max_positions(), 8);
  EXPECT_THAT(
      [&] {
        learned->forward(at::zeros({1, 3, 4}), 6);
      },
      ::testing::ThrowsMessage<std::invalid_argument>(::testing::HasSubstr("8 positions")));
}

}  // namespace
}  // namespace heed
