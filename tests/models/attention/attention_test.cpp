#include "models/attention/attention.h"

#include <gmock/gmock.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>
#include <limits>

#include "models/attention/attention_mask.h"
#include "tests/models/closeness.h"

namespace heed {
namespace {

constexpr double attention_infinity = std::numeric_limits<double>::infinity();

/// The definition, one scalar at a time. query [T, K], key [S, K], value [S, Kv], allowed [T, S].
at::Tensor attention_by_loops(const at::Tensor& query, const at::Tensor& key,
                              const at::Tensor& value, const at::Tensor& allowed) {
  const int64_t queries = query.size(0), keys = key.size(0), width = query.size(1);
  auto output = at::zeros({queries, value.size(1)}, at::kDouble);
  for (int64_t t = 0; t < queries; ++t) {
    std::vector<double> exponentials(static_cast<size_t>(keys), 0.0);
    double total = 0;
    for (int64_t s = 0; s < keys; ++s) {
      if (!allowed[t][s].item<bool>()) continue;
      double score = 0;
      for (int64_t k = 0; k < width; ++k)
        score += query[t][k].item<double>() * key[s][k].item<double>();
      exponentials[static_cast<size_t>(s)] =
          std::exp(score / std::sqrt(static_cast<double>(width)));
      total += exponentials[static_cast<size_t>(s)];
    }
    for (int64_t s = 0; s < keys && total > 0; ++s)
      output[t] += value[s] * (exponentials[static_cast<size_t>(s)] / total);
  }
  return output;
}

TEST(Attention, EqualsItsDefinitionWrittenAsLoops) {
  at::manual_seed(1);
  const auto query = at::randn({5, 3}, at::kDouble), key = at::randn({7, 3}, at::kDouble);
  const auto value = at::randn({7, 4}, at::kDouble);
  const auto allowed = at::rand({5, 7}) > 0.4;
  const auto result = heed::scaled_dot_product_attention(query, key, value, allowed);
  EXPECT_TRUE(close(result.output, attention_by_loops(query, key, value, allowed), 1e-12));
}

TEST(Attention, EqualsLibTorchsForAnyLeadingDimensionsAndLengths) {
  at::manual_seed(2);
  for (const auto& leading : std::vector<std::vector<int64_t>>{{}, {3}, {2, 4}, {2, 1, 3}}) {
    auto with = [&leading](int64_t rows, int64_t columns) {
      auto sizes = leading;
      sizes.insert(sizes.end(), {rows, columns});
      return random_input(sizes);
    };
    const auto query = with(5, 6), key = with(9, 6), value = with(9, 2);
    const auto ours = heed::scaled_dot_product_attention(query, key, value).output;
    const auto theirs = at::scaled_dot_product_attention(query, key, value);
    EXPECT_TRUE(close(ours, theirs, output_tolerance));
    const auto our_gradients = torch::autograd::grad({weighed_sum(ours)}, {query, key, value});
    const auto their_gradients = torch::autograd::grad({weighed_sum(theirs)}, {query, key, value});
    for (size_t i = 0; i < 3; ++i)
      EXPECT_TRUE(close(our_gradients[i], their_gradients[i], gradient_tolerance));
  }
}

TEST(Attention, BooleanAndAdditiveMasksAgree) {
  at::manual_seed(3);
  const auto query = at::randn({2, 6, 4}, at::kDouble), key = at::randn({2, 8, 4}, at::kDouble);
  const auto value = at::randn({2, 8, 4}, at::kDouble);
  auto allowed = at::rand({6, 8}) > 0.5;
  allowed[2].fill_(false);  // a row that may attend nowhere
  const auto additive =
      at::zeros({6, 8}, at::kDouble).masked_fill(allowed.logical_not(), -attention_infinity);
  const auto boolean = heed::scaled_dot_product_attention(query, key, value, allowed);
  const auto added = heed::scaled_dot_product_attention(query, key, value, additive);
  EXPECT_TRUE(close(boolean.output, added.output, 0));
  EXPECT_TRUE(close(boolean.weights, added.weights, 0));
}

TEST(Attention, AddsTheFiniteValuesOfAnAdditiveMaskToTheScores) {
  const auto zero = at::zeros({1, 2}, at::kDouble);
  const auto bias = at::log(at::tensor({1.0, 3.0}, at::kDouble)).unsqueeze(0);
  const auto result = heed::scaled_dot_product_attention(zero, at::zeros({2, 2}, at::kDouble),
                                                         at::eye(2, at::kDouble), bias);
  EXPECT_TRUE(close(result.weights, at::tensor({0.25, 0.75}, at::kDouble).unsqueeze(0), 1e-15));
}

TEST(Attention, RowsOfWeightsSumToOneAndAreExactlyZeroWhereMasked) {
  at::manual_seed(4);
  const auto x = at::randn({3, 7, 4}) * 5;
  const auto mask = causal_mask(7, 7);
  const auto weights = heed::scaled_dot_product_attention(x, x, x, mask).weights;
  EXPECT_TRUE(close(weights.sum(-1), at::ones({3, 7}), 1e-6));
  EXPECT_EQ(weights.masked_select(mask.logical_not()).abs().max().item<float>(), 0.0f);
}

TEST(Attention, ARowThatMayAttendNowhereGivesZerosAndFiniteGradients) {
  at::manual_seed(5);
  const auto query = random_input({3, 4}), key = random_input({5, 4}), value = random_input({5, 4});
  auto allowed = at::ones({3, 5}, at::kBool);
  allowed[1].fill_(false);
  const auto result = heed::scaled_dot_product_attention(query, key, value, allowed);
  EXPECT_TRUE(close(result.output[1], at::zeros({4}), 0));
  EXPECT_TRUE(close(result.weights[1], at::zeros({5}), 0));
  const auto gradients = torch::autograd::grad({result.output.sum()}, {query, key, value});
  for (const auto& gradient : gradients) EXPECT_TRUE(gradient.isfinite().all().item<bool>());
  EXPECT_TRUE(close(gradients[0][1], at::zeros({4}), 0));
}

TEST(Attention, StaysFiniteOnScoresOfAThousand) {
  const auto query = at::full({1, 1}, 1000.0);
  const auto key = at::tensor({1.0, 0.999, -1.0}, at::kFloat).unsqueeze(1);
  const auto weights = heed::scaled_dot_product_attention(query, key, at::ones({3, 1})).weights;
  const double odds = std::exp(-1.0);
  const auto expected =
      at::tensor({1 / (1 + odds), odds / (1 + odds), 0.0}, at::kDouble).unsqueeze(0);
  EXPECT_TRUE(close(weights, expected, 1e-4));
}

TEST(Attention, DropoutScalesWhatItKeepsAndLeavesTheReportedWeightsAlone) {
  at::manual_seed(6);
  const auto x = at::randn({50, 8});
  const auto plain = heed::scaled_dot_product_attention(x, x, at::eye(50));
  const auto dropped = heed::scaled_dot_product_attention(x, x, at::eye(50), {}, 0.5);
  EXPECT_TRUE(close(dropped.weights, plain.weights, 0));
  // With the identity as value, the output is the weights as they were used.
  const auto used = dropped.output.ne(0);
  EXPECT_NEAR(used.to(at::kFloat).mean().item<double>(), 0.5, 0.05);
  EXPECT_TRUE(
      close(dropped.output.masked_select(used), plain.weights.masked_select(used) * 2, 1e-6));
}

TEST(Attention, RefusesShapesThatDoNotFitAndNamesThem) {
  const auto call = [](at::IntArrayRef query, at::IntArrayRef key, at::IntArrayRef value) {
    return [=] {
      heed::scaled_dot_product_attention(at::ones(query), at::ones(key), at::ones(value));
    };
  };
  using ::testing::HasSubstr;
  using ::testing::ThrowsMessage;
  EXPECT_THAT(call({2, 3}, {4, 5}, {4, 3}),
              ThrowsMessage<std::invalid_argument>(HasSubstr("[2, 3], [4, 5] and [4, 3]")));
  EXPECT_THAT(call({2, 3}, {4, 3}, {5, 3}), ::testing::Throws<std::invalid_argument>());
  EXPECT_THAT(call({3}, {4, 3}, {4, 3}), ::testing::Throws<std::invalid_argument>());
}

at::Tensor softmax_under(const at::Tensor& scores, const at::Tensor& mask) {
  return masked_softmax(scores, softmax_mask(mask, scores.options()));
}

TEST(MaskedSoftmax, IsTheSoftmaxOverTheAllowedKeys) {
  at::manual_seed(1);
  const auto scores = at::randn({2, 3, 5}, at::kDouble);
  EXPECT_TRUE(close(softmax_under(scores, {}), scores.softmax(-1), 1e-14));
  const auto mask = at::tensor({1, 0, 1, 1, 0}).to(at::kBool);
  const auto kept = at::tensor({0, 2, 3}, at::kLong), hidden = at::tensor({1, 4}, at::kLong);
  const auto weights = softmax_under(scores, mask);
  EXPECT_TRUE(
      close(weights.index_select(-1, kept), scores.index_select(-1, kept).softmax(-1), 1e-14));
  EXPECT_TRUE(weights.index_select(-1, hidden).eq(0).all().item<bool>());
}

TEST(MaskedSoftmax, AddsAMaskOfNumbers) {
  at::manual_seed(2);
  const auto scores = at::randn({3, 5}, at::kDouble), mask = at::randn({3, 5}, at::kDouble);
  EXPECT_TRUE(close(softmax_under(scores, mask), (scores + mask).softmax(-1), 1e-14));
}

TEST(MaskedSoftmax, ARowThatMayAttendNowhereIsZeroAndSoIsItsGradient) {
  at::manual_seed(3);
  const auto scores = random_input({3, 5});
  auto mask = at::ones({3, 5}, at::kBool);
  mask[1].fill_(false);
  const auto numbers =
      at::zeros({3, 5}, at::kDouble)
          .masked_fill(mask.logical_not(), -std::numeric_limits<double>::infinity());
  for (const auto& either : {mask, numbers}) {
    const auto weights = softmax_under(scores, either);
    EXPECT_TRUE(weights[1].eq(0).all().item<bool>());
    EXPECT_TRUE(close(weights.sum(-1), at::tensor({1.0, 0.0, 1.0}, at::kDouble), 1e-14));
    const auto gradient = torch::autograd::grad({weighed_sum(weights)}, {scores})[0];
    EXPECT_TRUE(gradient[1].eq(0).all().item<bool>());
    EXPECT_TRUE(gradient[0].ne(0).all().item<bool>());
  }
}

TEST(MaskedSoftmax, OnlyFullyHiddenRowsAreMarked) {
  EXPECT_FALSE(softmax_mask({}, at::kDouble).added.defined());
  EXPECT_FALSE(softmax_mask(at::ones({2, 3}, at::kBool), at::kDouble).nowhere.defined());
  EXPECT_EQ(softmax_mask(at::zeros({2, 3}, at::kBool), at::kFloat).added.scalar_type(), at::kFloat);
}

}  // namespace
}  // namespace heed
