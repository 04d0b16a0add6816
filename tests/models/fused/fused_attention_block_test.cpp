#include "models/attention/attention_mask.h"
#include "models/attention/multi_head_attention.h"
#include "models/layers/layer_norm.h"
#include "tests/models/fused/fused_block.h"

namespace heed {
namespace {

using AttentionBlockTest = FusedBlockTest;
INSTANTIATE_TEST_SUITE_P(EachInstructionSet, AttentionBlockTest,
                         testing::ValuesIn(instruction_sets()),
                         [](const auto& set) { return to_string(set.param); });

struct AttentionModules : BlockModules {
  LayerNorm norm;
  MultiHeadAttention attention;
  AttentionMask mask;

  AttentionModules(const MultiHeadAttentionOptions& options, NormType norm_type,
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
    return *fused::try_attention_block(attention->needs(mask), x,
                                       attention->block(norm->view(), x.size(1)), mask.causal,
                                       mask.lengths);
  }
};

AttentionMask mask_of(bool causal, const at::Tensor& lengths = {}, int64_t window = 0) {
  AttentionMask mask;
  mask.causal = causal;
  mask.lengths = lengths;
  mask.window = window;
  return mask;
}

void expect_as_parts(const MultiHeadAttentionOptions& options, NormType norm_type,
                     const AttentionMask& mask, const at::Tensor& input, const at::Tensor& outer) {
  AttentionModules block(options, norm_type, mask), exact(options, norm_type, mask);
  expect_as_exact(block, exact, input, outer, 5e-6);
}

std::vector<MultiHeadAttentionOptions> attention_variants() {
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
  for (const auto& options : attention_variants())
    for (const auto norm_type : {NormType::layer, NormType::rms})
      for (const bool causal : {true, false})
        for (const auto& [batch, length] :
             std::vector<std::pair<int64_t, int64_t>>{{1, 1}, {1, 40}, {3, 9}, {4, 67}}) {
          SCOPED_TRACE(testing::Message()
                       << options.position << " " << enum_name(norm_type) << " " << batch << " x "
                       << length << (options.query_key_norm ? " normalised" : "")
                       << (options.bias ? " bias" : "") << (causal ? " causal" : ""));
          const auto input = at::randn({batch, length, 24}).set_requires_grad(true);
          expect_as_parts(options, norm_type, mask_of(causal), input,
                          at::randn({batch, length, 24}));
        }
}

TEST_P(AttentionBlockTest, PositionsBeyondARowsLengthAreHidden) {
  const auto input = at::randn({4, 11, 24}).set_requires_grad(true);
  const auto lengths = at::tensor({11, 1, 0, 7}, at::kLong);
  for (const bool causal : {true, false})
    expect_as_parts(attention_variants().front(), NormType::layer, mask_of(causal, lengths), input,
                    at::randn({4, 11, 24}));
}

// The forward pass keeps fewer weights than these.
TEST_P(AttentionBlockTest, LongSequencesComputeTheirWeightsAgain) {
  const auto input = at::randn({1, 600, 8}).set_requires_grad(true);
  expect_as_parts({.width = 8, .heads = 1}, NormType::layer, mask_of(true), input,
                  at::randn({1, 600, 8}));
}

TEST_P(AttentionBlockTest, TransposedInputsAndExpandedGradientsAreRead) {
  const auto input = at::randn({24, 5, 9}).permute({1, 2, 0}).set_requires_grad(true);
  ASSERT_FALSE(input.is_contiguous());
  expect_as_parts(attention_variants().front(), NormType::layer, mask_of(true), input,
                  at::randn({1, 1, 24}).expand({5, 9, 24}));
}

TEST(AttentionBlock, RunsOnlyWhatItsKernelsCompute) {
  const auto reason = [](const at::Tensor& input, MultiHeadAttentionOptions options = {},
                         const AttentionMask& mask = {}) {
    options.width = 4;
    options.heads = 2;
    MultiHeadAttention attention(options);
    LayerNorm norm(4);
    const auto needs = attention->needs(mask);
    const auto choice = fused::choose_path(needs, {&input, &attention->input_weight});
    const auto block = attention->block(norm->view(), input.size(1));
    const bool runs =
        fused::try_attention_block(needs, input, block, mask.causal, mask.lengths).has_value();
    EXPECT_EQ(runs, choice.path() == fused::Path::fused);
    return choice.reason();
  };
  const auto input = at::randn({2, 3, 4});
  EXPECT_EQ(reason(input), "");
  EXPECT_EQ(reason(input, {.position = "rotary"}, mask_of(true)), "");
  EXPECT_EQ(reason(input, {.position = "relative"}), "model.position = relative");
  EXPECT_EQ(reason(input, {.dropout = 0.1}), "dropout 0.1");
  EXPECT_EQ(reason(input, {}, mask_of(true, {}, 2)), "the sliding window of attention.pattern");
  EXPECT_EQ(reason(input, {}, causal_mask(3, 3)), "a mask of attention.pattern");
  EXPECT_EQ(reason(input.to(at::kDouble)), "float64");
  const ComputeScope scope({.kernels = Kernels::reference});
  EXPECT_EQ(reason(input), "train.kernels = reference");
}

TEST(AttentionBlock, LeavesAnEmptyInputToTheReference) {
  MultiHeadAttention attention(MultiHeadAttentionOptions{.width = 4, .heads = 2});
  LayerNorm norm(4);
  EXPECT_FALSE(fused::try_attention_block({}, at::randn({0, 3, 4}),
                                          attention->block(norm->view(), 3), false, {}));
}

}  // namespace
}  // namespace heed
