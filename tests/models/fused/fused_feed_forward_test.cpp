#include "models/layers/feed_forward.h"
#include "models/layers/layer_norm.h"
#include "tests/models/fused/fused_block.h"

namespace heed {
namespace {

using FeedForwardBlockTest = FusedBlockTest;
INSTANTIATE_TEST_SUITE_P(EachInstructionSet, FeedForwardBlockTest,
                         testing::ValuesIn(instruction_sets()),
                         [](const auto& set) { return to_string(set.param); });

struct FeedForwardModules : BlockModules {
  LayerNorm norm;
  FeedForward network;

  FeedForwardModules(const FeedForwardOptions& options, NormType norm_type)
      : norm(options.width, options.bias, norm_type), network(options) {
    randomise(0.5);
  }
  std::vector<torch::nn::Module*> modules() override { return {norm.get(), network.get()}; }
  at::Tensor one_by_one(const at::Tensor& x) override {
    return x + network->forward(norm->forward(x));
  }
  at::Tensor fused(const at::Tensor& x) override {
    return *fused::try_feed_forward_block({}, x, network->block(norm->view()));
  }
};

void expect_as_parts(const FeedForwardOptions& options, NormType norm_type, const at::Tensor& input,
                     const at::Tensor& outer) {
  FeedForwardModules block(options, norm_type), exact(options, norm_type);
  expect_as_exact(block, exact, input, outer, 2e-6);
}

TEST_P(FeedForwardBlockTest, OutputAndGradientsAreThoseOfItsPartsInDoublePrecision) {
  for (const auto norm_type : {NormType::layer, NormType::rms})
    for (const auto& [name, activation] : enum_names<Activation>)
      for (const bool bias : {true, false})
        for (const int64_t width : {1, 13, 64})
          for (const int64_t rows : {1, 7, 150}) {
            SCOPED_TRACE(enum_name(norm_type) + " " + name + (bias ? " bias " : " ") +
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
  expect_as_parts({.width = 12, .hidden = 20}, NormType::layer, input,
                  at::randn({1, 1, 12}).expand({5, 9, 12}));
}

TEST(FeedForwardBlock, RunsOnlyWhatItsKernelsCompute) {
  FeedForward network(FeedForwardOptions{.width = 4, .hidden = 8});
  LayerNorm norm(4);
  const auto runs = [&](const at::Tensor& input, const fused::Needs& needs = {}) {
    return fused::try_feed_forward_block(needs, input, network->block(norm->view())).has_value();
  };
  const auto input = at::randn({2, 3, 4});
  EXPECT_TRUE(runs(input));
  EXPECT_FALSE(runs(input.to(at::kDouble)));
  EXPECT_FALSE(runs(at::randn({0, 3, 4})));
  EXPECT_FALSE(runs(input, {.dropout = 0.1}));
  EXPECT_FALSE(runs(input, {.norm_last = true}));
  const ComputeScope scope({.kernels = Kernels::reference});
  EXPECT_FALSE(runs(input));
}

}  // namespace
}  // namespace heed
