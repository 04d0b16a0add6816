#include <ATen/core/grad_mode.h>

#include <gtest/gtest.h>

#include <cmath>

#include "models/attention/attention.h"
#include "models/positions/positional_encoding.h"
#include "tests/models/closeness.h"

namespace heed {
namespace {

constexpr int64_t heads = 2, head_width = 4, width = heads * head_width;

std::shared_ptr<AttentionPositions> relative() {
  auto positions =
      PositionRegistry::instance().make("relative")->build_for_attention(heads, head_width);
  positions->to(at::kDouble);
  at::NoGradGuard guard;
  for (auto& parameter : positions->parameters()) parameter.normal_();
  return positions;
}

AttentionInput input_of(int64_t queries, int64_t keys) {
  return {at::randn({1, heads, queries, head_width}, at::kDouble),
          at::randn({1, heads, keys, head_width}, at::kDouble),
          at::randn({1, heads, keys, 3}, at::kDouble)};
}

/// The four terms of 1901.02860, section 3.3, for one pair.
double score(const AttentionPositions& positions, const AttentionInput& input, int64_t h, int64_t t,
             int64_t s, int64_t distance) {
  const auto parameters = positions.named_parameters();
  const auto rows = parameters["distance_weight"].narrow(0, h * head_width, head_width);
  const auto u = parameters["content_bias"].narrow(0, h * head_width, head_width);
  const auto v = parameters["position_bias"].narrow(0, h * head_width, head_width);
  auto encoding = at::empty({width}, at::kDouble);
  for (int64_t j = 0; j < width; ++j) {
    const double angle =
        static_cast<double>(distance) / std::pow(10000.0, static_cast<double>(j - j % 2) / width);
    encoding[j] = j % 2 == 0 ? std::sin(angle) : std::cos(angle);
  }
  const auto r = rows.matmul(encoding), q = input.query[0][h][t], k = input.key[0][h][s];
  return (q.dot(k) + q.dot(r) + u.dot(k) + v.dot(r)).item<double>() / std::sqrt(head_width);
}

TEST(RelativePositions, ScoresAreTheFourTermsOfTransformerXL) {
  at::manual_seed(1);
  at::NoGradGuard guard;
  const auto positions = relative();
  for (const int64_t first_query : {0, 2, 5}) {
    const int64_t queries = 3, keys = 6;
    const auto input = input_of(queries, keys);
    auto expected = at::empty({1, heads, queries, keys}, at::kDouble);
    for (int64_t h = 0; h < heads; ++h)
      for (int64_t t = 0; t < queries; ++t)
        for (int64_t s = 0; s < keys; ++s)
          expected[0][h][t][s] = score(*positions, input, h, t, s, first_query + t - s);
    auto placed = input;
    positions->add_position_bias(placed, first_query);
    EXPECT_TRUE(close(attend(placed).weights, expected.softmax(-1), 1e-12))
        << "first query " << first_query;
  }
}

TEST(RelativePositions, DependOnTheDifferenceOfPositionsAlone) {
  at::manual_seed(2);
  at::NoGradGuard guard;
  const auto positions = relative();
  // The same queries and keys, all moved by one: the keys that both see score the same.
  const auto whole = input_of(5, 5);
  auto first = whole, moved = whole;
  for (auto* part : {&moved.query, &moved.key, &moved.value})
    *part = at::cat({at::randn_like(part->narrow(2, 0, 1)), *part}, 2);
  positions->add_position_bias(first, 0);
  positions->add_position_bias(moved, 0);
  moved.mask = at::ones({6, 6}, at::kBool).tril();
  moved.mask.select(1, 0).fill_(false);
  moved.mask[0][0] = true;
  first.mask = at::ones({5, 5}, at::kBool).tril();
  EXPECT_TRUE(close(attend(moved).output.narrow(2, 1, 5), attend(first).output, output_tolerance));
}

TEST(RelativePositions, EveryWeightGetsAGradient) {
  at::manual_seed(3);
  const auto positions = relative();
  auto input = input_of(4, 4);
  positions->add_position_bias(input, 0);
  weighed_sum(attend(input).output).backward();
  for (const auto& parameter : positions->named_parameters())
    EXPECT_GT(parameter.value().grad().abs().max().item<double>(), 0) << parameter.key();
}

}  // namespace
}  // namespace heed
