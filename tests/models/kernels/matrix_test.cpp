#include "models/kernels/matrix.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace heed {
namespace {

class MatrixKernelsTest : public testing::TestWithParam<InstructionSet> {
 protected:
  void SetUp() override { use_instruction_set(GetParam()); }
  void TearDown() override { use_instruction_set(instruction_sets().back()); }
};

// What lies beyond the ends must stay as it is: C is a part of a larger matrix.
at::Tensor product_inside(const at::Tensor& a, const at::Tensor& b, bool add, at::Tensor& sheet) {
  const int64_t m = a.size(0), n = b.size(1);
  sheet = at::full({m + 2, n + 5}, 7.0f);
  auto c = sheet.narrow(0, 1, m).narrow(1, 2, n);
  matrix_kernels().product(m, n, a.size(1), a.const_data_ptr<float>(), a.stride(0), a.stride(1),
                           b.const_data_ptr<float>(), b.stride(0), c.mutable_data_ptr<float>(),
                           c.stride(0), add);
  return c;
}

TEST_P(MatrixKernelsTest, ProductOfEveryShapeIsTheDoublePrecisionOne) {
  at::manual_seed(1);
  for (const int64_t m : {1, 2, 5, 6, 7, 13, 64})
    for (const int64_t n : {1, 3, 4, 15, 16, 17, 31, 48, 63, 64, 65, 130})
      for (const int64_t depth : {1, 2, 33}) {
        const auto b = at::randn({depth, n});
        for (const bool transposed : {false, true}) {
          const auto a = transposed ? at::randn({depth, m}).t() : at::randn({m, depth});
          for (const bool add : {false, true}) {
            at::Tensor sheet;
            const auto c = product_inside(a, b, add, sheet);
            const auto expected =
                at::matmul(a.to(at::kDouble), b.to(at::kDouble)) + (add ? 7.0 : 0.0);
            ASSERT_LT((c.to(at::kDouble) - expected).abs().max().item<double>(), 1e-4)
                << m << " x " << n << " x " << depth << (add ? ", added" : "");
            c.fill_(7);
            ASSERT_TRUE(sheet.eq(7).all().item<bool>())
                << m << " x " << n << " x " << depth << " wrote beyond its end";
          }
        }
      }
}

INSTANTIATE_TEST_SUITE_P(EachInstructionSet, MatrixKernelsTest,
                         testing::ValuesIn(instruction_sets()),
                         [](const auto& set) { return name_of(set.param); });

}  // namespace
}  // namespace heed
