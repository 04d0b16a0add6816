#include "models/layers/activation.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "models/fused/kernels/instruction_set.h"

namespace heed {
namespace {

/// Outputs and derivatives of an activation at `points`.
std::pair<at::Tensor, at::Tensor> curve(Activation activation, const at::Tensor& points) {
  const auto x = points.detach().clone().set_requires_grad(true);
  const auto y = activate(activation, x);
  y.sum().backward();
  return {y.detach().to(at::kDouble), x.grad().to(at::kDouble)};
}

class FusedActivationTest : public testing::TestWithParam<InstructionSet> {
 protected:
  void SetUp() override { use_instruction_set(GetParam()); }
  void TearDown() override { use_instruction_set(instruction_sets().back()); }
};

TEST_P(FusedActivationTest, EqualsTheReferenceInDoublePrecision) {
  for (const auto& [name, activation] : enum_names<Activation>)
    for (const int64_t count : {1, 15, 16, 33, 20001}) {
      const auto points = at::linspace(-12, 12, count);
      const auto [value, derivative] = curve(activation, points);
      const auto [expected, expected_derivative] = curve(activation, points.to(at::kDouble));
      const auto size = points.to(at::kDouble).abs() + expected.abs() + 1;
      EXPECT_LT(((value - expected) / size).abs().max().item<double>(), 5e-7) << name;
      EXPECT_LT((derivative - expected_derivative).abs().max().item<double>(), 2e-6) << name;
    }
}

TEST_P(FusedActivationTest, TransposedInputsKeepTheirPlaces) {
  const auto points = at::linspace(-4, 4, 35).view({5, 7});
  for (const auto& [name, activation] : enum_names<Activation>) {
    const auto straight = activate(activation, points);
    EXPECT_TRUE(at::equal(activate(activation, points.t()), straight.t())) << name;
  }
}

TEST_P(FusedActivationTest, NaNStaysNaNAndExtremesStayFinite) {
  const auto extremes = at::tensor({-1e30f, -100.0f, 100.0f, 1e30f});
  for (const auto& [name, activation] : enum_names<Activation>) {
    EXPECT_TRUE(activate(activation, at::full({3}, std::nanf(""))).isnan().all().item<bool>())
        << name;
    EXPECT_TRUE(activate(activation, extremes.slice(0, 0, 3)).isfinite().all().item<bool>())
        << name;
  }
}

INSTANTIATE_TEST_SUITE_P(EachInstructionSet, FusedActivationTest,
                         testing::ValuesIn(instruction_sets()),
                         [](const auto& set) { return to_string(set.param); });

}  // namespace
}  // namespace heed
