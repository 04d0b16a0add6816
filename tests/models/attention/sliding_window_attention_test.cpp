#include "models/attention/sliding_window_attention.h"

#include <gmock/gmock.h>
#include <torch/csrc/autograd/autograd.h>

#include "models/attention/attention_mask.h"
#include "models/positions/positional_encoding.h"
#include "tests/models/closeness.h"

namespace heed {
namespace {

/// |t - s| < window and, if causal, s <= t: [T, T].
at::Tensor window_mask(int64_t length, int64_t window, bool causal) {
  const auto positions = at::arange(length);
  const auto distances = positions.unsqueeze(1) - positions;
  const auto near = distances.abs() < window;
  return causal ? near.logical_and(distances >= 0) : near;
}

struct SlidingWindowAttentionCase {
  int64_t length, window;
  bool causal;
  std::string position = "none";
};

std::ostream& operator<<(std::ostream& out, const SlidingWindowAttentionCase& c) {
  return out << "length " << c.length << ", window " << c.window
             << (c.causal ? ", causal" : ", both sides") << ", position " << c.position;
}

class SlidingWindowAttention : public ::testing::Test {
 protected:
  static void compare(const SlidingWindowAttentionCase& c, const at::Tensor& padding = {}) {
    const auto query = random_input({2, 3, c.length, 4}), key = random_input({2, 3, c.length, 4});
    const auto value = random_input({2, 3, c.length, 5});
    const auto positions = PositionRegistry::instance().make(c.position)->build_for_attention(3, 4);
    if (positions) positions->to(at::kDouble);

    AttentionMask mask(padding);
    mask.window = c.window;
    mask.causal = c.causal;
    const auto sliding = sliding_window_attention(query, key, value, mask, positions.get());

    AttentionInput input{query, key, value};
    input.mask = both_masks(window_mask(c.length, c.window, c.causal), padding);
    if (positions) positions->add_position_bias(input, 0);
    const auto dense = attend(input);

    EXPECT_TRUE(close(sliding.output, dense.output, output_tolerance)) << c;
    EXPECT_TRUE(close(sliding.weights, dense.weights, output_tolerance)) << c;
    const std::vector<at::Tensor> leaves = {query, key, value};
    const auto ours = torch::autograd::grad({weighed_sum(sliding.output)}, leaves);
    const auto theirs = torch::autograd::grad({weighed_sum(dense.output)}, leaves);
    for (size_t i = 0; i < leaves.size(); ++i)
      EXPECT_TRUE(close(ours[i], theirs[i], gradient_tolerance)) << c << ", leaf " << i;
  }
};

TEST_F(SlidingWindowAttention, EqualsDenseAttentionUnderTheWindowAsAMask) {
  at::manual_seed(1);
  for (const int64_t length : {1, 2, 7, 12, 13})
    for (const int64_t window : {1, 2, 3, 4, 6, 12, 40})
      for (const bool causal : {false, true}) compare({length, window, causal});
}

TEST_F(SlidingWindowAttention, EqualsItForEachKindOfPositionInsideAttention) {
  at::manual_seed(2);
  for (const auto& position : PositionRegistry::instance().names())
    for (const bool causal : {false, true}) compare({11, 4, causal, position});
}

TEST_F(SlidingWindowAttention, PaddedKeysAreNotSeen) {
  at::manual_seed(3);
  for (const bool causal : {false, true})
    compare({10, 3, causal}, padding_mask(at::tensor({10, 6}, at::kLong), 10));
}

TEST_F(SlidingWindowAttention, ReturnsWeightsOnlyOnRequest) {
  AttentionMask mask;
  mask.window = 2;
  const auto x = at::rand({1, 1, 5, 2});
  EXPECT_FALSE(
      sliding_window_attention(x, x, x, mask, nullptr, {.weights = false}).weights.defined());
}

TEST_F(SlidingWindowAttention, RefusesQueriesAndKeysOfDifferentLengths) {
  AttentionMask mask;
  mask.window = 2;
  EXPECT_THAT(
      [&] {
        sliding_window_attention(at::rand({1, 1, 5, 2}), at::rand({1, 1, 6, 2}),
                                 at::rand({1, 1, 6, 2}), mask);
      },
      ::testing::ThrowsMessage<std::invalid_argument>(::testing::HasSubstr("of one length")));
}

}  // namespace
}  // namespace heed
