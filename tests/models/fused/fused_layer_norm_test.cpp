#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "models/fused/kernels/instruction_set.h"
#include "models/layers/layer_norm.h"
#include "tests/models/closeness.h"

namespace heed {
namespace {

class FusedLayerNormTest : public testing::TestWithParam<InstructionSet> {
 protected:
  void SetUp() override {
    use_instruction_set(GetParam());
    at::manual_seed(1);
  }
  void TearDown() override { use_instruction_set(instruction_sets().back()); }
};

// The output and the gradients of the input and of each parameter.
std::vector<at::Tensor> norm_results(LayerNorm& norm, const at::Tensor& numbers,
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
      for (const auto type : {NormType::layer, NormType::rms}) {
        LayerNorm norm(width, /*use_bias=*/rows != 63, type);
        const at::NoGradGuard guard;
        for (auto& parameter : norm->parameters()) parameter.copy_(at::randn({width}));
        const at::AutoGradMode gradients(true);
        const auto input = at::randn({width, rows}).t() * 3 + 1;
        const auto outer = at::randn({rows, width});
        const auto fused = norm_results(norm, input, outer);
        norm->to(at::kDouble);
        const auto reference = norm_results(norm, input.to(at::kDouble), outer.to(at::kDouble));
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
