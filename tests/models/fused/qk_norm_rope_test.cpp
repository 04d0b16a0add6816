#include <ATen/core/grad_mode.h>

#include "models/fused/kernels/instruction_set.h"
#include "models/fused/operators.h"
#include "models/layers/layer_norm.h"
#include "models/positions/positional_encoding.h"
#include "tests/models/closeness.h"

namespace heed {
namespace {

struct QkNormRopeCase {
  int64_t batch, length, heads, width;
  bool normalised, rotated;
};

class QkNormRopeTest : public testing::TestWithParam<InstructionSet> {
 protected:
  void SetUp() override {
    use_instruction_set(GetParam());
    at::manual_seed(1);
  }
  void TearDown() override { use_instruction_set(instruction_sets().back()); }
};

std::shared_ptr<AttentionPositions> rotary(int64_t heads, int64_t width) {
  return PositionRegistry::instance().make("rotary")->build_for_attention(heads, width);
}

/// Norm, scale and rotation one after the other, of [B, T, 3, H, K].
at::Tensor rotate_by_reference(const QkNormRopeCase& one, const at::Tensor& projected,
                               const at::Tensor& scale) {
  auto parts = projected.view({one.batch, one.length, 3, one.heads, one.width}).unbind(2);
  for (const size_t part : {size_t{0}, size_t{1}}) {
    auto heads = parts[part].transpose(1, 2);  // [B, H, T, K]
    if (one.normalised) heads = rms_normalised(heads);
    if (part == 0) heads = heads * scale.view({one.heads, 1, 1});
    if (one.rotated) heads = rotary(one.heads, one.width)->rotate(heads, 0);
    parts[part] = heads.transpose(1, 2);
  }
  return at::stack(parts, 2).view(projected.sizes());
}

TEST_P(QkNormRopeTest, EqualsNormThenScaleThenRotation) {
  for (const int64_t width : {2, 6, 16, 32, 34})
    for (const bool normalised : {false, true})
      for (const bool rotated : {false, true}) {
        const QkNormRopeCase one{2, 45, 3, width, normalised, rotated};
        const auto numbers = at::randn({one.batch, one.length, 3 * one.heads * width});
        const auto outer = at::randn_like(numbers);
        const auto scales = at::rand({one.heads}) + 0.5;

        const auto input = numbers.clone().set_requires_grad(true);
        const auto scale = scales.clone().set_requires_grad(true);
        const auto output = fused_qk_norm_rope(
            input,
            {.heads = one.heads,
             .normalised = normalised,
             .query_scale = scale,
             .rotation = rotated ? rotary(one.heads, width)->rotation(one.length) : Rotation()});
        output.backward(outer);

        const auto exact_input = numbers.to(at::kDouble).set_requires_grad(true);
        const auto exact_scale = scales.to(at::kDouble).set_requires_grad(true);
        const auto exact = rotate_by_reference(one, exact_input, exact_scale);
        exact.backward(outer.to(at::kDouble));

        EXPECT_TRUE(close(output.to(at::kDouble), exact, 1e-5)) << width;
        EXPECT_TRUE(close(input.grad().to(at::kDouble), exact_input.grad(), 1e-3)) << width;
        EXPECT_TRUE(close(scale.grad().to(at::kDouble), exact_scale.grad(), 1e-3)) << width;
      }
}

TEST_P(QkNormRopeTest, WithoutGradientsTheOutputIsTheSame) {
  const auto input = at::randn({2, 3, 24});
  const QkNormRopeOptions options{.heads = 2, .normalised = true};
  const auto with = fused_qk_norm_rope(input.clone().set_requires_grad(true), options).detach();
  const at::NoGradGuard guard;
  EXPECT_TRUE(at::equal(fused_qk_norm_rope(input, options), with));
}

INSTANTIATE_TEST_SUITE_P(EachInstructionSet, QkNormRopeTest, testing::ValuesIn(instruction_sets()),
                         [](const auto& set) { return to_string(set.param); });

}  // namespace
}  // namespace heed
