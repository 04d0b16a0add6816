#include "models/fused/fused_attention_block.h"

#include "models/attention/attention_mask.h"
#include "models/fused/compute.h"
#include "tests/models/fused/fused_block.h"

namespace heed {
namespace {

using AttentionBlockTest = FusedBlockTest;
INSTANTIATE_TEST_SUITE_P(EachInstructionSet, AttentionBlockTest,
                         testing::ValuesIn(instruction_sets()),
                         [](const auto& set) { return to_string(set.param); });

struct Modules : BlockModules {
  LayerNorm norm;
  MultiHeadAttention attention;
  AttentionMask mask;

  Modules(const MultiHeadAttentionOptions& options, const std::string& norm_type,
          const AttentionMask& in)
      : norm(options.width, options.bias, norm_type), attention(options), mask(in) {
    randomise(0.4);
  }
  std::vector<torch::nn::Module*> modules() override { return {norm.get(), attention.get()}; }
  at::Tensor one_by_one(const at::Tensor& x) override {
    const auto normed = norm->forward(x);
    return x + attention->forward(normed, normed, normed, mask, nullptr, /*weights=*/false).output;
  }
  at::Tensor fused(const at::Tensor& x) override {
    return fused_attention_block(x, *norm, *attention, mask);
  }
};

AttentionMask mask_of(bool causal, const at::Tensor& lengths = {}, int64_t window = 0) {
  AttentionMask mask;
  mask.causal = causal;
  mask.lengths = lengths;
  mask.window = window;
  return mask;
}

void expect_as_parts(const MultiHeadAttentionOptions& options, const std::string& norm_type,
                     const AttentionMask& mask, const at::Tensor& input, const at::Tensor& outer) {
  Modules block(options, norm_type, mask), exact(options, norm_type, mask);
  ASSERT_TRUE(supports_attention_block(input, *block.attention, mask));
  expect_as_exact(block, exact, input, outer, 5e-6);
}

std::vector<MultiHeadAttentionOptions> fused_attention_block_variants() {
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
  for (const auto& options : fused_attention_block_variants())
    for (const std::string norm_type : {"layer", "rms"})
      for (const bool causal : {true, false})
        for (const auto& [batch, length] :
             std::vector<std::pair<int64_t, int64_t>>{{1, 1}, {1, 40}, {3, 9}, {4, 67}}) {
          SCOPED_TRACE(testing::Message()
                       << options.position << " " << norm_type << " " << batch << " x " << length
                       << (options.query_key_norm ? " normalised" : "")
                       << (options.bias ? " bias" : "") << (causal ? " causal" : ""));
          const auto input = at::randn({batch, length, 24}).set_requires_grad(true);
          expect_as_parts(options, norm_type, mask_of(causal), input,
                          at::randn({batch, length, 24}));
        }
}

TEST_P(AttentionBlockTest, WhatIsBeyondARowsLengthIsNotSeen) {
  const auto input = at::randn({4, 11, 24}).set_requires_grad(true);
  const auto lengths = at::tensor({11, 1, 0, 7}, at::kLong);
  for (const bool causal : {true, false})
    expect_as_parts(fused_attention_block_variants().front(), "layer", mask_of(causal, lengths), input,
                    at::randn({4, 11, 24}));
}

// More weights than are kept from the forward pass for the backward one.
TEST_P(AttentionBlockTest, LongSequencesComputeTheirWeightsAnew) {
  const auto input = at::randn({1, 600, 8}).set_requires_grad(true);
  expect_as_parts({.width = 8, .heads = 1}, "layer", mask_of(true), input, at::randn({1, 600, 8}));
}

TEST_P(AttentionBlockTest, TransposedInputsAndExpandedGradientsAreRead) {
  const auto input = at::randn({24, 5, 9}).permute({1, 2, 0}).set_requires_grad(true);
  ASSERT_FALSE(input.is_contiguous());
  expect_as_parts(fused_attention_block_variants().front(), "layer", mask_of(true), input,
                  at::randn({1, 1, 24}).expand({5, 9, 24}));
}

TEST(AttentionBlock, ServesWhatItsKernelsCompute) {
  const auto serves = [](const at::Tensor& input, MultiHeadAttentionOptions options = {},
                         const AttentionMask& mask = {}) {
    options.width = 4;
    options.heads = 2;
    MultiHeadAttention attention(options);
    return supports_attention_block(input, *attention, mask);
  };
  const auto input = at::randn({2, 3, 4});
  EXPECT_TRUE(supports(input));
  EXPECT_TRUE(supports(input, {.position = "rotary"}, mask_of(true)));
  EXPECT_FALSE(supports(input, {.position = "relative"}));
  EXPECT_FALSE(supports(input, {.dropout = 0.1}));
  EXPECT_FALSE(supports(input, {.backward = "autograd"}));
  EXPECT_FALSE(supports(input, {}, mask_of(true, {}, 2)));
  EXPECT_FALSE(supports(input, {}, causal_mask(3, 3)));
  EXPECT_FALSE(supports(input.to(at::kDouble)));
  EXPECT_FALSE(supports(at::randn({0, 3, 4})));
  const ComputeScope scope({.fused = false});
  EXPECT_FALSE(supports(input));
}

}  // namespace
}  // namespace heed
