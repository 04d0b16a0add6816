#include "models/fused_feed_forward.h"

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

#include "models/compute.h"
#include "models/kernels/instruction_set.h"
#include "tests/models/closeness.h"

namespace heed {
namespace {

class FeedForwardBlockTest : public testing::TestWithParam<InstructionSet> {
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
INSTANTIATE_TEST_SUITE_P(EachInstructionSet, FeedForwardBlockTest,
                         testing::ValuesIn(instruction_sets()),
                         [](const auto& set) { return name_of(set.param); });

struct Modules {
  LayerNorm norm;
  FeedForward network;

  Modules(const FeedForwardOptions& options, const std::string& norm_type)
      : norm(options.width, options.bias, norm_type), network(options) {
    const at::NoGradGuard guard;
    for (auto& parameter : parameters()) parameter.normal_(0, 0.5);
  }
  std::vector<at::Tensor> parameters() const {
    auto all = norm->parameters();
    for (const auto& parameter : network->parameters()) all.push_back(parameter);
    return all;
  }
  at::Tensor one_by_one(const at::Tensor& x) { return x + network->forward(norm->forward(x)); }
  at::Tensor fused(const at::Tensor& x) { return fused_feed_forward_block(x, *norm, *network); }
};

// The output, then the gradients of the input and of all parameters, in double precision.
std::vector<at::Tensor> expected_results(const FeedForwardOptions& options,
                                         const std::string& norm_type, const Modules& from,
                                         const at::Tensor& input, const at::Tensor& outer) {
  Modules exact(options, norm_type);
  exact.norm->to(at::kDouble);
  exact.network->to(at::kDouble);
  auto leaves = exact.parameters();
  const auto values = from.parameters();
  for (size_t i = 0; i < leaves.size(); ++i) leaves[i].set_data(values[i].detach().to(at::kDouble));
  const auto x = input.detach().to(at::kDouble).set_requires_grad(true);
  leaves.insert(leaves.begin(), x);
  const auto output = exact.one_by_one(x);
  auto results = torch::autograd::grad({output}, leaves, {outer.to(at::kDouble)});
  results.insert(results.begin(), output.detach());
  return results;
}

void expect_as_exact(const FeedForwardOptions& options, const std::string& norm_type,
                     const at::Tensor& input, const at::Tensor& outer) {
  Modules modules(options, norm_type);
  const auto expected = expected_results(options, norm_type, modules, input, outer);
  auto leaves = modules.parameters();
  leaves.insert(leaves.begin(), input);
  const auto output = modules.fused(input);
  auto results = torch::autograd::grad({output}, leaves, {outer});
  results.insert(results.begin(), output.detach());
  ASSERT_EQ(results.size(), expected.size());
  for (size_t i = 0; i < results.size(); ++i)
    EXPECT_TRUE(close(results[i], expected[i],
                      2e-6 * std::max(10.0, expected[i].abs().max().item<double>())))
        << "result " << i;
  const at::NoGradGuard guard;
  EXPECT_TRUE(close(modules.fused(input), output, 1e-5)) << "without gradients";
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
            expect_as_exact(
                {.width = width, .hidden = 3 * width + 1, .activation = activation, .bias = bias},
                norm_type, input, at::randn({1, rows, width}));
          }
}

TEST_P(FeedForwardBlockTest, TransposedInputsAndExpandedGradientsAreRead) {
  const auto input = at::randn({12, 5, 9}).permute({1, 2, 0}).set_requires_grad(true);
  ASSERT_FALSE(input.is_contiguous());
  expect_as_exact({.width = 12, .hidden = 20}, "layer", input,
                  at::randn({1, 1, 12}).expand({5, 9, 12}));
}

TEST(FeedForwardBlock, ServesWhatItsKernelsCompute) {
  const auto serves = [](const at::Tensor& input, double dropout = 0) {
    FeedForward network(FeedForwardOptions{.width = 4, .hidden = 8, .dropout = dropout});
    return feed_forward_block_serves(input, *network);
  };
  const auto input = at::randn({2, 3, 4});
  EXPECT_TRUE(serves(input));
  EXPECT_FALSE(serves(input.to(at::kDouble)));
  EXPECT_FALSE(serves(at::randn({0, 3, 4})));
  EXPECT_FALSE(serves(input, /*dropout=*/0.1));
  const ComputeScope scope({.fused = false});
  EXPECT_FALSE(serves(input));
}

}  // namespace
}  // namespace heed
