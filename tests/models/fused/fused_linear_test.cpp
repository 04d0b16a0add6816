#include "models/layers/linear.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include "models/dispatch.h"
#include "models/fused/kernels/instruction_set.h"

namespace heed {
namespace {

struct LinearCase {
  at::Tensor input, weight, bias, outer;
};

LinearCase make_linear_case(at::IntArrayRef leading, int64_t in, int64_t out, bool bias) {
  auto sizes = leading.vec();
  sizes.push_back(in);
  auto outer_sizes = leading.vec();
  outer_sizes.push_back(out);
  return {.input = at::randn(sizes),
          .weight = at::randn({out, in}),
          .bias = bias ? at::randn({out}) : at::Tensor(),
          .outer = at::randn(outer_sizes)};
}

/// The output and all gradients.
std::vector<at::Tensor> linear_results(const LinearCase& one, at::ScalarType type) {
  const auto leaf = [type](const at::Tensor& t) {
    return t.defined()
               ? t.detach().to(type).clone(at::MemoryFormat::Preserve).set_requires_grad(true)
               : t;
  };
  const auto input = leaf(one.input), weight = leaf(one.weight), bias = leaf(one.bias);
  const auto output = heed::linear(input, weight, bias);
  output.backward(one.outer.to(type));
  std::vector<at::Tensor> all = {output.detach(), input.grad(), weight.grad()};
  if (bias.defined()) all.push_back(bias.grad());
  for (auto& t : all) t = t.to(at::kDouble);
  return all;
}

double largest_difference(const std::vector<at::Tensor>& a, const std::vector<at::Tensor>& b) {
  double most = 0;
  for (size_t i = 0; i < a.size(); ++i)
    most = std::max(most, (a[i] - b[i]).abs().max().item<double>() /
                              std::max(1.0, b[i].abs().max().item<double>()));
  return most;
}

class FusedLinearTest : public testing::TestWithParam<InstructionSet> {
 protected:
  void SetUp() override {
    use_instruction_set(GetParam());
    at::manual_seed(1);
  }
  void TearDown() override { use_instruction_set(instruction_sets().back()); }
};

const std::vector<std::vector<int64_t>> leadings = {{1}, {4}, {5}, {2, 3}, {1, 49}, {7, 20}, {}};

TEST_P(FusedLinearTest, OutputAndGradientsAreThoseOfDoublePrecision) {
  for (const auto& leading : leadings)
    for (const int64_t in : {1, 7, 32, 65})
      for (const int64_t out : {1, 5, 64, 67})
        for (const bool bias : {false, true}) {
          const auto one = make_linear_case(leading, in, out, bias);
          EXPECT_LT(
              largest_difference(linear_results(one, at::kFloat), linear_results(one, at::kDouble)),
              1e-5)
              << leading << " x " << in << " -> " << out;
        }
}

TEST_P(FusedLinearTest, TransposedInputsAndExpandedGradientsAreRead) {
  auto one = make_linear_case({9, 11}, 13, 17, true);
  one.input = at::randn({13, 11, 9}).permute({2, 1, 0});
  one.outer = at::randn({1, 1, 17}).expand({9, 11, 17});
  EXPECT_LT(largest_difference(linear_results(one, at::kFloat), linear_results(one, at::kDouble)),
            1e-5);
}

TEST_P(FusedLinearTest, WithoutGradientsTheOutputIsTheSame) {
  for (const int64_t rows : {1, 3, 50}) {
    const auto one = make_linear_case({rows}, 33, 21, true);
    const auto with = linear_results(one, at::kFloat)[0];
    const at::NoGradGuard guard;
    EXPECT_TRUE(at::equal(heed::linear(one.input, one.weight, one.bias).to(at::kDouble), with));
  }
}

TEST_P(FusedLinearTest, TheReferenceRunsOnRequest) {
  const auto one = make_linear_case({7, 20}, 65, 67, true);
  const auto fused = heed::linear(one.input, one.weight, one.bias);
  const ComputeScope scope({.kernels = Kernels::reference});
  const auto reference = heed::linear(one.input, one.weight, one.bias);
  EXPECT_TRUE(at::equal(reference, at::linear(one.input, one.weight, one.bias)));
  EXPECT_LT((fused - reference).abs().max().item<double>(), 1e-4);
}

INSTANTIATE_TEST_SUITE_P(EachInstructionSet, FusedLinearTest, testing::ValuesIn(instruction_sets()),
                         [](const auto& set) { return to_string(set.param); });

TEST(FusedLinearBf16Test, ProductsAreThoseOfRoundedOperands) {
  if (!bfloat16_products_available()) GTEST_SKIP() << "this CPU has no avx512_bf16";
  at::manual_seed(1);
  const auto rounded = [](const at::Tensor& t) { return t.to(at::kBFloat16).to(at::kDouble); };
  const ComputeScope scope({.bfloat16_products = true});
  for (const int64_t rows : {5, 49, 140})
    for (const int64_t in : {1, 7, 33, 64})
      for (const int64_t out : {1, 5, 64, 67}) {
        const auto one = make_linear_case({rows}, in, out, true);
        const auto x = rounded(one.input), w = rounded(one.weight), dy = rounded(one.outer);
        const std::vector<at::Tensor> expected = {at::matmul(x, w.t()) + one.bias.to(at::kDouble),
                                                  at::matmul(dy, w), at::matmul(dy.t(), x),
                                                  one.outer.to(at::kDouble).sum(0)};
        EXPECT_LT(largest_difference(linear_results(one, at::kFloat), expected), 1e-5)
            << rows << " x " << in << " -> " << out;
      }
}

}  // namespace
}  // namespace heed
