#include "models/fused/fused_feed_forward.h"

#include "models/fused/compute.h"
#include "tests/models/fused/fused_block.h"

namespace heed {
namespace {

using FeedForwardBlockTest = FusedBlockTest;
INSTANTIATE_TEST_SUITE_P(EachInstructionSet, FeedForwardBlockTest,
                         testing::ValuesIn(instruction_sets()),
                         [](const auto& set) { return to_string(set.param); });

struct FusedFeedForwardModules : BlockModules {
  LayerNorm norm;
  FeedForward network;

  FusedFeedForwardModules(const FeedForwardOptions& options, const std::string& norm_type)
      : norm(options.width, options.bias, norm_type), network(options) {
    randomise(0.5);
  }
  std::vector<torch::nn::Module*> modules() override { return {norm.get(), network.get()}; }
  at::Tensor one_by_one(const at::Tensor& x) override {
    return x + network->forward(norm->forward(x));
  }
  at::Tensor fused(const at::Tensor& x) override {
    return fused_feed_forward_block(x, *norm, *network);
  }
};

void expect_as_parts(const FeedForwardOptions& options, const std::string& norm_type,
                     const at::Tensor& input, const at::Tensor& outer) {
  FusedFeedForwardModules block(options, norm_type), exact(options, norm_type);
  expect_as_exact(block, exact, input, outer, 2e-6);
}

TEST_P(FeedForwardBlockTest, OutputAndGradientsAreThoseOfItsPartsInDoublePrecision) {
  for (const std::string norm_type : {"layer", "rms"})
    for (const std::string activation : {"gelu", "relu", "squared_relu"})
      for (const bool bias : {true, false})
        for (const int64_t width : {1, 13, 64})
          for (const int64_t rows : {1, 7, 150}) {
            SCOPED_TRACE(norm_type + " " + activation + (bias ? " bias " : " ") +
                         std::to_string(rows) + " x " + std::to_string(width));
            const auto input = at::randn({1, rows, width}).set_requires_grad(true);
            expect_as_parts(
                {.width = width, .hidden = 3 * width + 1, .activation = activation, .bias = bias},
                norm_type, input, at::randn({1, rows, width}));
          }
}

TEST_P(FeedForwardBlockTest, TransposedInputsAndExpandedGradientsAreRead) {
  const auto input = at::randn({12, 5, 9}).permute({1, 2, 0}).set_requires_grad(true);
  ASSERT_FALSE(input.is_contiguous());
  expect_as_parts({.width = 12, .hidden = 20}, "layer", input,
                  at::randn({1, 1, 12}).expand({5, 9, 12}));
}

TEST(FeedForwardBlock, ServesWhatItsKernelsCompute) {
  const auto serves = [](const at::Tensor& input, double dropout = 0) {
    FeedForward network(FeedForwardOptions{.width = 4, .hidden = 8, .dropout = dropout});
    return supports_feed_forward_block(input, *network);
  };
  const auto input = at::randn({2, 3, 4});
  EXPECT_TRUE(supports(input));
  EXPECT_FALSE(supports(input.to(at::kDouble)));
  EXPECT_FALSE(supports(at::randn({0, 3, 4})));
  EXPECT_FALSE(supports(input, /*dropout=*/0.1));
  const ComputeScope scope({.fused = false});
  EXPECT_FALSE(supports(input));
}

}  // namespace
}  // namespace heed
