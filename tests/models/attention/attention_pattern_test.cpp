#include "models/attention/attention_pattern.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <limits>

#include "models/attention/attention.h"
#include "models/attention/attention_mask.h"
#include "tests/models/attention/patterns/pattern_of.h"

namespace heed {
namespace {

constexpr int64_t huge = std::numeric_limits<int64_t>::max();

struct Setting {
  std::string kind;
  std::map<std::string, int64_t> options = {};

  std::shared_ptr<AttentionPattern> make() const { return pattern_of(kind, options); }
};

void PrintTo(const Setting& setting, std::ostream* out) {
  *out << setting.kind;
  for (const auto& [name, value] : setting.options) *out << " " << name << "=" << value;
}

// What holds for every pattern that is made from its options.
class AnyPattern : public testing::TestWithParam<Setting> {};

INSTANTIATE_TEST_SUITE_P(
    Patterns, AnyPattern,
    testing::Values(
        Setting{"full"}, Setting{"local"}, Setting{"local", {{"window", 1}}},
        Setting{"local", {{"window", 5}, {"sparse", 0}}}, Setting{"local", {{"window", huge}}},
        Setting{"strided"}, Setting{"strided", {{"stride", 1}}},
        Setting{"strided", {{"stride", 3}}}, Setting{"strided", {{"stride", huge}}},
        Setting{"global"}, Setting{"global", {{"window", 3}, {"tokens", 2}}},
        Setting{"global", {{"window", 1}, {"tokens", 0}}}, Setting{"global", {{"tokens", huge}}},
        Setting{"block_random"}, Setting{"block_random", {{"block", 2}}},
        Setting{"block_random", {{"block", 1}, {"random_blocks", 3}, {"window_blocks", 0}}},
        Setting{"block_random", {{"block", 3}, {"global_blocks", 0}, {"random_blocks", 0}}},
        Setting{"block_random", {{"block", 4}, {"window_blocks", huge}}},
        Setting{"block_random", {{"block", 4}, {"random_blocks", huge}}},
        Setting{"block_random", {{"block", 4}, {"global_blocks", huge}}},
        Setting{"block_random", {{"block", huge}}}));

TEST_P(AnyPattern, LetsEveryPositionSeeItself) {
  const auto mask = GetParam().make()->mask(37, 37, true);
  if (mask.defined()) {
    EXPECT_EQ(mask.sizes(), (std::vector<int64_t>{37, 37}));
    EXPECT_EQ(mask.dtype(), at::kBool);
    EXPECT_TRUE(mask.diagonal().all().item<bool>());
  }
}

TEST_P(AnyPattern, FewerQueriesThanKeysAreTheLastOnes) {
  const auto pattern = GetParam().make();
  for (const bool causal : {false, true})
    for (const int64_t keys : {1, 2, 9, 16, 29}) {
      const auto square = pattern->mask(keys, keys, causal);
      for (int64_t queries = 0; queries <= keys; ++queries) {
        const auto mask = pattern->mask(queries, keys, causal);
        ASSERT_EQ(mask.defined(), square.defined());
        if (!mask.defined()) continue;
        EXPECT_TRUE(mask.equal(square.narrow(0, keys - queries, queries)))
            << queries << " queries, " << keys << " keys, causal " << causal;
      }
    }
}

TEST_P(AnyPattern, ACausalPairDoesNotDependOnTheLength) {
  const auto pattern = GetParam().make();
  auto longest = pattern->mask(50, 50, true);
  if (!longest.defined()) longest = at::ones({50, 50}, at::kBool);
  for (int64_t length = 0; length < 50; ++length) {
    const auto mask = pattern->mask(length, length, true);
    const auto corner = longest.narrow(0, 0, length).narrow(1, 0, length).tril();
    if (mask.defined()) {
      EXPECT_TRUE(mask.tril().equal(corner)) << length;
    }
  }
}

TEST_P(AnyPattern, EqualsDenseAttentionWithMinusInfinityExactly) {
  at::manual_seed(7);
  const auto query = at::randn({2, 3, 33, 4}), key = at::randn({2, 3, 40, 4});
  const auto value = at::randn({2, 3, 40, 5});
  for (const bool causal : {false, true}) {
    auto mask = GetParam().make()->mask(33, 40, causal);
    if (causal) mask = both_masks(mask, causal_mask(33, 40));
    if (!mask.defined()) continue;
    const auto hidden = mask.logical_not();
    const auto additive =
        at::zeros({33, 40}).masked_fill(hidden, -std::numeric_limits<double>::infinity());
    const auto by_mask = scaled_dot_product_attention(query, key, value, mask);
    const auto dense = scaled_dot_product_attention(query, key, value, additive);
    EXPECT_TRUE(by_mask.output.equal(dense.output));
    EXPECT_TRUE(by_mask.weights.equal(dense.weights));
    EXPECT_FALSE(by_mask.weights.ne(0).logical_and(hidden).any().item<bool>());
    EXPECT_TRUE(by_mask.weights.isfinite().all().item<bool>());
  }
}

TEST_P(AnyPattern, RefusesMoreQueriesThanKeys) {
  const auto pattern = GetParam().make();
  if (!pattern->mask(1, 1, false).defined()) return;  // it looks at no length
  EXPECT_THROW(pattern->mask(3, 2, false), std::invalid_argument);
}

TEST_P(AnyPattern, ReadsNoFileAndTakesNoMatrix) {
  const auto pattern = GetParam().make();
  EXPECT_EQ(pattern->matrix_file(), "");
  EXPECT_THROW(pattern->set_matrix(at::ones({2, 2}), false), std::logic_error);
}

TEST(AttentionPattern, AllKindsAreRegistered) {
  EXPECT_THAT(PatternRegistry::instance().names(),
              testing::ElementsAre("block_random", "full", "global", "local", "matrix", "strided"));
}

TEST(AttentionPattern, FullHidesNothing) {
  EXPECT_FALSE(pattern_of("full")->mask(3, 7, true).defined());
  EXPECT_EQ(pattern_of("full")->sparse_window(), 0);
}

TEST(AttentionPattern, LocalSeesPositionsWithinTheWindow) {
  for (const int64_t window : {1, 2, 5, 40})
    for (const int64_t length : {1, 2, 7, 30}) {
      const auto expected =
          mask_by_loops(length, [&](int64_t q, int64_t k) { return std::abs(q - k) < window; });
      EXPECT_TRUE(
          pattern_of("local", {{"window", window}})->mask(length, length, false).equal(expected))
          << window << ", " << length;
    }
}

TEST(AttentionPattern, LocalIsComputedInBlocksByDefault) {
  EXPECT_EQ(pattern_of("local", {{"window", 5}})->sparse_window(), 5);
  EXPECT_EQ(pattern_of("local", {{"window", 5}, {"sparse", 0}})->sparse_window(), 0);
  for (const auto* kind : {"strided", "global", "block_random"})
    EXPECT_EQ(pattern_of(kind)->sparse_window(), 0) << kind;
}

TEST(AttentionPattern, StridedSeesNearPositionsAndEveryNthBeyond) {
  for (const int64_t stride : {1, 2, 5, 40})
    for (const int64_t length : {1, 2, 7, 30}) {
      const auto expected = mask_by_loops(length, [&](int64_t q, int64_t k) {
        return std::abs(q - k) < stride || (q - k) % stride == 0;
      });
      EXPECT_TRUE(
          pattern_of("strided", {{"stride", stride}})->mask(length, length, false).equal(expected))
          << stride << ", " << length;
    }
}

TEST(AttentionPattern, GlobalSharesTheFirstPositionsWithAll) {
  for (const int64_t window : {1, 3, 40})
    for (const int64_t tokens : {0, 1, 4, 40})
      for (const int64_t length : {1, 2, 7, 30}) {
        const auto expected = mask_by_loops(length, [&](int64_t q, int64_t k) {
          return std::abs(q - k) < window || q < tokens || k < tokens;
        });
        EXPECT_TRUE(pattern_of("global", {{"window", window}, {"tokens", tokens}})
                        ->mask(length, length, false)
                        .equal(expected))
            << window << ", " << tokens << ", " << length;
      }
}

// n (2 W - 1) - W (W - 1) pairs of n positions lie within a window of W.
TEST(AttentionPattern, KeepsTheExpectedShareOfPairs) {
  EXPECT_EQ(pairs_kept(*pattern_of("full"), 64, false), 64 * 64);
  EXPECT_EQ(pairs_kept(*pattern_of("local", {{"window", 4}}), 64, false), 64 * 7 - 4 * 3);
  EXPECT_EQ(pairs_kept(*pattern_of("local", {{"window", 4}}), 64, true), 64 * 4 - 3 * 2);
  // Beyond the window, both ways: distances 4, 8 ... 60.
  int64_t beyond = 0;
  for (int64_t distance = 4; distance < 64; distance += 4) beyond += 2 * (64 - distance);
  EXPECT_EQ(pairs_kept(*pattern_of("strided", {{"stride", 4}}), 64, false),
            64 * 7 - 4 * 3 + beyond);
  // Two rows and two columns, and a window on the other 62 positions.
  EXPECT_EQ(pairs_kept(*pattern_of("global", {{"window", 4}, {"tokens", 2}}), 64, false),
            64 * 64 - 62 * 62 + 62 * 7 - 4 * 3);
}

TEST(AttentionPattern, RefusesInvalidOptions) {
  EXPECT_THROW(pattern_of("local", {{"window", 0}}), OptionError);
  EXPECT_THROW(pattern_of("strided", {{"stride", 0}}), OptionError);
  EXPECT_THROW(pattern_of("global", {{"window", 0}}), OptionError);
  EXPECT_THROW(pattern_of("global", {{"tokens", -1}}), OptionError);
  EXPECT_THROW(pattern_of("block_random", {{"block", 0}}), OptionError);
  for (const auto* option : {"global_blocks", "window_blocks", "random_blocks", "pattern_seed"})
    EXPECT_THROW(pattern_of("block_random", {{option, -1}}), OptionError) << option;
}

}  // namespace
}  // namespace heed
