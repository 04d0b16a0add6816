#include "models/fused_attention_block.h"

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

#include "models/attention_mask.h"
#include "models/compute.h"
#include "models/kernels/instruction_set.h"
#include "tests/models/closeness.h"

namespace heed {
namespace {

class AttentionBlockTest : public testing::TestWithParam<InstructionSet> {
 protected:
  void SetUp() override {
    use_instruction_set(GetParam());
    at::set_num_threads(2);
    at::manual_seed(1);
  }
  void TearDown() override {
    use_instruction_set(instruction_sets().back());
    at::set_num_threads(1);
  }
};
INSTANTIATE_TEST_SUITE_P(EachInstructionSet, AttentionBlockTest,
                         testing::ValuesIn(instruction_sets()),
                         [](const auto& set) { return name_of(set.param); });

struct Modules {
  LayerNorm norm;
  MultiHeadAttention attention;

  Modules(const MultiHeadAttentionOptions& options, const std::string& norm_type)
      : norm(options.width, options.bias, norm_type), attention(options) {
    const at::NoGradGuard guard;
    for (auto& parameter : parameters()) parameter.normal_(0, 0.4);
  }
  std::vector<at::Tensor> parameters() const {
    auto all = norm->parameters();
    for (const auto& parameter : attention->parameters()) all.push_back(parameter);
    return all;
  }
  at::Tensor one_by_one(const at::Tensor& x, const AttentionScope& scope) {
    const auto normed = norm->forward(x);
    return x + attention->forward(normed, normed, normed, scope, nullptr, /*weights=*/false).output;
  }
  at::Tensor fused(const at::Tensor& x, const AttentionScope& scope) {
    return fused_attention_block(x, *norm, *attention, scope);
  }
};

AttentionScope scope_of(bool causal, const at::Tensor& lengths = {}, int64_t window = 0) {
  AttentionScope scope;
  scope.causal = causal;
  scope.lengths = lengths;
  scope.window = window;
  return scope;
}

// The output, then the gradients of the input and of all parameters, in double precision.
std::vector<at::Tensor> expected_results(const MultiHeadAttentionOptions& options,
                                         const std::string& norm_type, const Modules& from,
                                         const AttentionScope& scope, const at::Tensor& input,
                                         const at::Tensor& outer) {
  Modules exact(options, norm_type);
  exact.norm->to(at::kDouble);
  exact.attention->to(at::kDouble);
  auto leaves = exact.parameters();
  const auto values = from.parameters();
  for (size_t i = 0; i < leaves.size(); ++i) leaves[i].set_data(values[i].detach().to(at::kDouble));
  const auto x = input.detach().to(at::kDouble).set_requires_grad(true);
  leaves.insert(leaves.begin(), x);
  const auto output = exact.one_by_one(x, scope);
  auto results = torch::autograd::grad({output}, leaves, {outer.to(at::kDouble)});
  results.insert(results.begin(), output.detach());
  return results;
}

void expect_as_exact(const MultiHeadAttentionOptions& options, const std::string& norm_type,
                     const AttentionScope& scope, const at::Tensor& input,
                     const at::Tensor& outer) {
  Modules modules(options, norm_type);
  ASSERT_TRUE(attention_block_serves(input, *modules.attention, scope));
  const auto expected = expected_results(options, norm_type, modules, scope, input, outer);
  auto leaves = modules.parameters();
  leaves.insert(leaves.begin(), input);
  const auto output = modules.fused(input, scope);
  auto results = torch::autograd::grad({output}, leaves, {outer});
  results.insert(results.begin(), output.detach());
  ASSERT_EQ(results.size(), expected.size());
  for (size_t i = 0; i < results.size(); ++i)
    EXPECT_TRUE(close(results[i], expected[i],
                      5e-6 * std::max(10.0, expected[i].abs().max().item<double>())))
        << "result " << i;
  const at::NoGradGuard guard;
  EXPECT_TRUE(close(modules.fused(input, scope), output, 1e-5)) << "without gradients";
}

std::vector<MultiHeadAttentionOptions> variants() {
  std::vector<MultiHeadAttentionOptions> all;
  for (const bool bias : {true, false})
    for (const bool normalised : {true, false})
      for (const std::string position : {"none", "rotary"})
        all.push_back({.width = 24,
                       .heads = 3,
                       .bias = bias,
                       .query_key_norm = normalised,
                       .position = position});
  return all;
}

TEST_P(AttentionBlockTest, OutputAndGradientsAreThoseOfItsPartsInDoublePrecision) {
  for (const auto& options : variants())
    for (const std::string norm_type : {"layer", "rms"})
      for (const bool causal : {true, false})
        for (const auto& [batch, length] :
             std::vector<std::pair<int64_t, int64_t>>{{1, 1}, {1, 40}, {3, 9}, {4, 67}}) {
          SCOPED_TRACE(testing::Message()
                       << options.position << " " << norm_type << " " << batch << " x " << length
                       << (options.query_key_norm ? " normalised" : "")
                       << (options.bias ? " bias" : "") << (causal ? " causal" : ""));
          const auto input = at::randn({batch, length, 24}).set_requires_grad(true);
          expect_as_exact(options, norm_type, scope_of(causal), input,
                          at::randn({batch, length, 24}));
        }
}

TEST_P(AttentionBlockTest, WhatIsBeyondARowsLengthIsNotSeen) {
  const auto input = at::randn({4, 11, 24}).set_requires_grad(true);
  const auto lengths = at::tensor({11, 1, 0, 7}, at::kLong);
  for (const bool causal : {true, false})
    expect_as_exact(variants().front(), "layer", scope_of(causal, lengths), input,
                    at::randn({4, 11, 24}));
}

// More weights than are kept from the forward pass for the backward one.
TEST_P(AttentionBlockTest, LongSequencesComputeTheirWeightsAnew) {
  const auto input = at::randn({1, 600, 8}).set_requires_grad(true);
  expect_as_exact({.width = 8, .heads = 1}, "layer", scope_of(true), input, at::randn({1, 600, 8}));
}

TEST_P(AttentionBlockTest, TransposedInputsAndExpandedGradientsAreRead) {
  const auto input = at::randn({24, 5, 9}).permute({1, 2, 0}).set_requires_grad(true);
  ASSERT_FALSE(input.is_contiguous());
  expect_as_exact(variants().front(), "layer", scope_of(true), input,
                  at::randn({1, 1, 24}).expand({5, 9, 24}));
}

TEST(AttentionBlock, ServesWhatItsKernelsCompute) {
  const auto serves = [](const at::Tensor& input, MultiHeadAttentionOptions options = {},
                         const AttentionScope& scope = {}) {
    options.width = 4;
    options.heads = 2;
    MultiHeadAttention attention(options);
    return attention_block_serves(input, *attention, scope);
  };
  const auto input = at::randn({2, 3, 4});
  EXPECT_TRUE(serves(input));
  EXPECT_TRUE(serves(input, {.position = "rotary"}, scope_of(true)));
  EXPECT_FALSE(serves(input, {.position = "relative"}));
  EXPECT_FALSE(serves(input, {.dropout = 0.1}));
  EXPECT_FALSE(serves(input, {.backward = "autograd"}));
  EXPECT_FALSE(serves(input, {}, scope_of(true, {}, 2)));
  EXPECT_FALSE(serves(input, {}, causal_mask(3, 3)));
  EXPECT_FALSE(serves(input.to(at::kDouble)));
  EXPECT_FALSE(serves(at::randn({0, 3, 4})));
  const ComputeScope scope({.fused = false});
  EXPECT_FALSE(serves(input));
}

}  // namespace
}  // namespace heed
