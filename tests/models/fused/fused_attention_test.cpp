#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <limits>
#include <random>

#include "models/attention/attention.h"
#include "models/attention/attention_mask.h"
#include "models/fused/kernels/instruction_set.h"
#include "models/fused/operators.h"
#include "tests/models/closeness.h"

namespace heed {
namespace {

constexpr double tolerance = 2e-5;  // of float32 against float64, for numbers near one

class FusedAttentionTest : public testing::TestWithParam<InstructionSet> {
 protected:
  void SetUp() override {
    use_instruction_set(GetParam());
    at::manual_seed(1);
  }
  void TearDown() override { use_instruction_set(instruction_sets().back()); }
};

struct Shape {
  int64_t batch, heads, queries, keys, width, value_width;
};

std::ostream& operator<<(std::ostream& out, const Shape& s) {
  return out << s.batch << " x " << s.heads << ", " << s.queries << " queries, " << s.keys
             << " keys, widths " << s.width << " and " << s.value_width;
}

AttentionInput random_heads(const Shape& s) {
  return {at::randn({s.batch, s.heads, s.queries, s.width}),
          at::randn({s.batch, s.heads, s.keys, s.width}),
          at::randn({s.batch, s.heads, s.keys, s.value_width})};
}

// Output, weights and the gradients of query, key and value.
std::vector<at::Tensor> all_of(AttentionInput input, const AttentionSettings& settings) {
  std::vector<at::Tensor> leaves;
  for (auto* one : {&input.query, &input.key, &input.value}) {
    *one = one->detach().set_requires_grad(true);
    leaves.push_back(*one);
  }
  const auto result = attend(input, settings);
  auto all = torch::autograd::grad({weighed_sum(result.output)}, leaves);
  all.push_back(result.output);
  if (result.weights.defined()) all.push_back(result.weights);
  return all;
}

std::vector<at::Tensor> reference(AttentionInput input) {
  for (auto* one : {&input.query, &input.key, &input.value, &input.bias})
    if (one->defined()) *one = one->to(at::kDouble);
  if (input.mask.defined() && input.mask.scalar_type() != at::kBool)
    input.mask = input.mask.to(at::kDouble);
  const ComputeScope scope({.kernels = Kernels::reference});
  return all_of(input, {});
}

void expect_close(const std::vector<at::Tensor>& ours, const std::vector<at::Tensor>& theirs,
                  const Shape& shape, const std::string& what) {
  const std::vector<std::string> names = {"query's gradient", "key's gradient", "value's gradient",
                                          "output", "weights"};
  for (size_t i = 0; i < ours.size(); ++i)
    ASSERT_TRUE(close(ours[i], theirs[i], tolerance))
        << names[i] << " of " << shape << ", " << what;
}

// Weights asked for, not asked for but kept, and computed again for the backward pass.
void compare(const AttentionInput& input, const Shape& shape, const std::string& what) {
  ASSERT_TRUE(fused::try_attention(input, {}));
  const auto expected = reference(input);
  expect_close(all_of(input, {}), expected, shape, what + ", weights asked for");
  expect_close(all_of(input, {.weights = false}), expected, shape, what + ", weights kept");
  expect_close(all_of(input, {.weights = false, .max_saved = 0}), expected, shape,
               what + ", weights computed again");
}

TEST_P(FusedAttentionTest, EqualsTheDoublePrecisionReferenceForRandomShapes) {
  std::mt19937 generator(1);
  const auto draw = [&](int64_t low, int64_t high) {
    return std::uniform_int_distribution<int64_t>(low, high)(generator);
  };
  for (int round = 0; round < 24; ++round) {
    Shape shape{draw(1, 3), draw(1, 5), draw(1, 70), 0, draw(1, 67), 0};
    shape.keys = shape.queries + (round % 2 ? draw(0, 30) : 0);
    shape.value_width = round % 3 ? shape.width : draw(1, 40);
    auto input = random_heads(shape);
    input.causal = draw(0, 1) == 1;
    if (draw(0, 1)) input.lengths = at::randint(0, shape.keys + 1, {shape.batch}, at::kLong);
    compare(input, shape, input.causal ? "causal" : "not causal");
  }
}

TEST_P(FusedAttentionTest, EqualsTheReferenceBeyondABlock) {
  for (const int64_t length : {129, 257}) {
    const Shape shape{1, 1, length, length, 16, 16};
    auto input = random_heads(shape);
    input.causal = true;
    compare(input, shape, "causal");
  }
}

// As in generation: its keys are read as they lie.
TEST_P(FusedAttentionTest, EqualsTheReferenceForOneQuery) {
  for (const int64_t keys : {1, 7, 8, 33, 129})
    for (const int64_t width : {1, 13, 32}) {
      const Shape shape{3, 2, 1, keys, width, width + 3};
      auto input = random_heads(shape);
      compare(input, shape, "one query");
      input.lengths = at::tensor({keys, int64_t{0}, keys / 2}, at::kLong);
      compare(input, shape, "one query, with lengths");
    }
}

TEST_P(FusedAttentionTest, ReadsViewsOfAnyStrides) {
  const Shape shape{2, 3, 21, 21, 8, 8};
  auto input = random_heads(shape);
  input.query = at::randn({2, 21, 3, 8}).transpose(1, 2);
  input.key = at::randn({2, 3, 8, 21}).transpose(2, 3);  // rows that are not contiguous
  input.value = at::randn({21, 3, 2, 24}).permute({2, 1, 0, 3}).narrow(3, 5, 8);
  compare(input, shape, "views");
  input = random_heads(shape);
  input.key = at::randn({21, 8});  // one for all heads
  input.value = at::randn({2, 1, 21, 8});
  compare(input, shape, "broadcast");
}

TEST_P(FusedAttentionTest, AddsMasksAndBiases) {
  const Shape shape{2, 3, 19, 37, 8, 8};
  auto input = random_heads(shape);
  input.mask = at::rand({19, 37}) > 0.4;
  input.mask[3].fill_(false);  // nowhere
  compare(input, shape, "a mask");
  input.causal = true;
  input.bias = at::randn({3, 19, 37});
  compare(input, shape, "mask, bias and causality");
  input.mask = at::randn({2, 1, 1, 37});
  input.lengths = at::tensor({0, 20}, at::kLong);
  compare(input, shape, "numbers as a mask, lengths");
}

TEST_P(FusedAttentionTest, SelfAttentionOfOneProjectionEqualsThatOfItsParts) {
  for (const bool kept : {true, false}) {
    const auto projected = at::randn({2, 35, 3 * 3 * 7}).set_requires_grad(true);
    AttentionInput input;
    input.causal = true;
    input.lengths = at::tensor({35, 9}, at::kLong);
    const AttentionSettings settings{.max_saved = kept ? 1 << 20 : 0};
    const auto whole = fused_self_attention(projected, 3, input, settings);
    const auto parts =
        projected.unflatten(2, {3, 3, 7}).permute({2, 0, 3, 1, 4}).unbind(0);  // [B, H, T, K]
    input.query = parts[0], input.key = parts[1], input.value = parts[2];
    const auto single = fused_attention(input, settings);
    EXPECT_TRUE(whole.output.equal(single.output));
    EXPECT_TRUE(whole.weights.equal(single.weights));
    EXPECT_TRUE(whole.output.transpose(1, 2).is_contiguous());
    const auto ours = torch::autograd::grad({weighed_sum(whole.output)}, {projected})[0];
    const auto theirs = torch::autograd::grad({weighed_sum(single.output)}, {projected})[0];
    EXPECT_TRUE(close(ours, theirs, tolerance));
  }
}

TEST_P(FusedAttentionTest, HandlesLargeScoresAndPropagatesNaN) {
  auto input = random_heads({1, 1, 5, 20, 4, 4});
  input.query.mul_(1e4);
  const auto sharp = attend(input);
  EXPECT_TRUE(close(sharp.weights, reference(input)[4], tolerance));
  for (const int64_t key : {0, 7, 19}) {
    auto broken = input;
    broken.key = input.key.clone();
    broken.key.select(2, key).fill_(std::numeric_limits<float>::quiet_NaN());
    EXPECT_TRUE(attend(broken).output.isnan().all().item<bool>()) << key;
  }
}

TEST_P(FusedAttentionTest, SplittingQueriesOverThreadsChangesNothing) {
  auto input = random_heads({1, 1, 700, 700, 32, 32});
  input.causal = true;
  const int threads = at::get_num_threads();
  const auto several = attend(input);
  at::set_num_threads(1);
  const auto one = attend(input);
  at::set_num_threads(threads);
  EXPECT_TRUE(several.output.equal(one.output));
  EXPECT_TRUE(several.weights.equal(one.weights));
}

TEST(FusedAttention, RunsForFloat32OnTheCpuWithoutDropoutAndTrainedTerms) {
  const auto runs = [](const AttentionInput& input, const AttentionSettings& settings = {}) {
    return fused::try_attention(input, settings).has_value();
  };
  const auto input = random_heads({1, 2, 3, 3, 4, 4});
  EXPECT_TRUE(runs(input));
  EXPECT_FALSE(runs(input, {.dropout = 0.1}));
  auto trained = input;
  trained.bias = at::zeros({3, 3});
  EXPECT_TRUE(runs(trained));
  trained.bias.set_requires_grad(true);
  EXPECT_FALSE(runs(trained));
  auto relative = input;
  relative.relative_query = input.query;
  EXPECT_FALSE(runs(relative));
  auto precise = input;
  precise.query = input.query.to(at::kDouble);
  EXPECT_FALSE(runs(precise));
  const ComputeScope scope({.kernels = Kernels::reference});
  EXPECT_FALSE(runs(input));
}

INSTANTIATE_TEST_SUITE_P(EachInstructionSet, FusedAttentionTest,
                         testing::ValuesIn(instruction_sets()),
                         [](const auto& set) { return to_string(set.param); });

}  // namespace
}  // namespace heed
