#include "models/layers/layer_norm.h"

#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>

#include "models/fused/compute.h"
#include "models/fused/kernels/instruction_set.h"
#include "tests/models/closeness.h"

namespace heed {
namespace {

TEST(LayerNorm, EqualsLibTorchsInOutputAndEveryGradient) {
  at::manual_seed(1);
  for (const int64_t width : {1, 2, 7, 64}) {
    LayerNorm norm(width);
    norm->to(at::kDouble);
    {
      at::NoGradGuard guard;
      norm->weight.copy_(at::randn({width}, at::kDouble));
      norm->bias.copy_(at::randn({width}, at::kDouble));
    }
    const auto input = random_input({3, 5, width});
    const auto ours = norm->forward(input);
    const auto theirs = at::layer_norm(input, {width}, norm->weight, norm->bias, 1e-5);
    EXPECT_TRUE(close(ours, theirs, output_tolerance));
    const std::vector<at::Tensor> inputs = {input, norm->weight, norm->bias};
    const auto our_gradients = torch::autograd::grad({weighed_sum(ours)}, inputs);
    const auto their_gradients = torch::autograd::grad({weighed_sum(theirs)}, inputs);
    for (size_t i = 0; i < inputs.size(); ++i)
      EXPECT_TRUE(close(our_gradients[i], their_gradients[i], gradient_tolerance))
          << "width " << width;
  }
}

TEST(LayerNorm, WithoutBiasHasOneParameterAndMeanZero) {
  LayerNorm norm(8, /*use_bias=*/false);
  EXPECT_EQ(norm->parameters().size(), 1u);
  EXPECT_TRUE(close(norm->forward(at::randn({4, 8})).mean(-1), at::zeros({4}), 1e-6));
}

TEST(LayerNorm, OfTypeRmsDividesByTheRootMeanSquareAndHasNoBias) {
  at::manual_seed(2);
  for (const int64_t width : {1, 7, 64}) {
    LayerNorm norm(width, /*use_bias=*/true, "rms");
    norm->to(at::kDouble);
    ASSERT_EQ(norm->parameters().size(), 1u);
    {
      at::NoGradGuard guard;
      norm->weight.copy_(at::randn({width}, at::kDouble));
    }
    const auto input = random_input({3, 5, width});
    const auto expected =
        input / (input * input).mean(-1, /*keepdim=*/true).add(1e-5).sqrt() * norm->weight;
    const auto output = norm->forward(input);
    EXPECT_TRUE(close(output, expected, output_tolerance));
    const auto ours = torch::autograd::grad({weighed_sum(output)}, {input, norm->weight});
    const auto theirs = torch::autograd::grad({weighed_sum(expected)}, {input, norm->weight});
    for (size_t i = 0; i < 2; ++i)
      EXPECT_TRUE(close(ours[i], theirs[i], gradient_tolerance)) << "width " << width;
  }
}

TEST(LayerNorm, AnUnknownTypeIsRefused) {
  EXPECT_THROW(LayerNorm(4, true, "batch"), std::invalid_argument);
  for (const auto& type : norm_types()) EXPECT_NO_THROW(LayerNorm(4, true, type));
}

class FusedLayerNormTest : public testing::TestWithParam<InstructionSet> {
 protected:
  void SetUp() override {
    use_instruction_set(GetParam());
    at::manual_seed(1);
  }
  void TearDown() override { use_instruction_set(instruction_sets().back()); }
};

// The output and the gradients of the input and of each parameter.
std::vector<at::Tensor> results(LayerNorm& norm, const at::Tensor& numbers,
                                const at::Tensor& outer) {
  const auto input = numbers.detach().set_requires_grad(true);
  const auto output = norm->forward(input);
  std::vector<at::Tensor> inputs = {input, norm->weight};
  if (norm->bias.defined()) inputs.push_back(norm->bias);
  auto all = torch::autograd::grad({(output * outer).sum()}, inputs);
  all.push_back(output.detach());
  for (auto& t : all) t = t.to(at::kDouble);
  return all;
}

TEST_P(FusedLayerNormTest, EqualsTheReferenceInDoublePrecision) {
  for (const int64_t width : {1, 3, 16, 17, 64, 130})
    for (const int64_t rows : {1, 63, 64, 200})
      for (const auto& type : norm_types()) {
        LayerNorm norm(width, /*use_bias=*/rows != 63, type);
        const at::NoGradGuard guard;
        for (auto& parameter : norm->parameters()) parameter.copy_(at::randn({width}));
        const at::AutoGradMode gradients(true);
        const auto input = at::randn({width, rows}).t() * 3 + 1;
        const auto outer = at::randn({rows, width});
        const auto fused = results(norm, input, outer);
        norm->to(at::kDouble);
        const auto reference = results(norm, input.to(at::kDouble), outer.to(at::kDouble));
        // A row of one number, or of few that are near each other, divides by a small deviation.
        const double tolerance = width < 4 ? 5e-2 : 2e-4;
        for (size_t i = 0; i < fused.size(); ++i)
          EXPECT_TRUE(close(fused[i], reference[i], tolerance)) << rows << " x " << width;
      }
}

TEST_P(FusedLayerNormTest, WithoutGradientsTheOutputIsTheSame) {
  LayerNorm norm(33);
  const auto input = at::randn({5, 33});
  const auto with = norm->forward(input).detach();
  const at::NoGradGuard guard;
  EXPECT_TRUE(at::equal(norm->forward(input), with));
}

INSTANTIATE_TEST_SUITE_P(EachInstructionSet, FusedLayerNormTest,
                         testing::ValuesIn(instruction_sets()),
                         [](const auto& set) { return to_string(set.param); });

}  // namespace
}  // namespace heed
