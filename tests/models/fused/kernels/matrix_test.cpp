#include "models/fused/kernels/matrix.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace heed {
namespace {

class MatrixKernelsTest : public testing::TestWithParam<InstructionSet> {
 protected:
  void SetUp() override { use_instruction_set(GetParam()); }
  void TearDown() override { use_instruction_set(instruction_sets().back()); }
};

// Numbers that the memory around a matrix holds, and must go on holding.
constexpr float kAround = 7;

bool is_transposed(const at::Tensor& matrix) { return matrix.stride(1) != 1; }

int64_t stride_of(const at::Tensor& matrix) { return matrix.stride(is_transposed(matrix) ? 1 : 0); }

// A random [rows, columns], in the order of its columns if `transposed`, as a part of a larger
// matrix.
at::Tensor inside_of_larger(int64_t rows, int64_t columns, bool transposed) {
  if (transposed) return inside_of_larger(columns, rows, false).t();
  return at::randn({rows, columns + 3}).narrow(1, 0, columns);
}

at::Tensor packed(const at::Tensor& b) {
  const auto& kernels = matrix_kernels();
  const int64_t depth = b.size(0), n = b.size(1), size = kernels.packed_size(depth, n);
  auto storage = at::full({size + 1}, kAround);
  const int64_t panels = kernels.panels(n), half = panels / 2;
  for (const auto& [first, last] : {std::pair{half, panels}, std::pair<int64_t, int64_t>{0, half}})
    kernels.pack(depth, n, b.const_data_ptr<float>(), stride_of(b), is_transposed(b), first, last,
                 storage.mutable_data_ptr<float>());
  EXPECT_EQ(storage[size].item<float>(), kAround) << "packing wrote beyond its end";
  return storage;
}

void expect_product(const at::Tensor& a, const at::Tensor& b, bool add) {
  const int64_t m = a.size(0), n = b.size(1), depth = a.size(1);
  auto sheet = at::full({m + 2, n + 5}, kAround);
  auto c = sheet.narrow(0, 1, m).narrow(1, 2, n);
  matrix_kernels().product(m, n, depth, a.const_data_ptr<float>(), stride_of(a), is_transposed(a),
                           packed(b).const_data_ptr<float>(), c.mutable_data_ptr<float>(),
                           c.stride(0), add);
  const auto expected = at::matmul(a.to(at::kDouble), b.to(at::kDouble)) + (add ? kAround : 0.0);
  ASSERT_LT((c.to(at::kDouble) - expected).abs().max().item<double>(), 1e-4);
  c.fill_(kAround);
  ASSERT_TRUE(sheet.eq(kAround).all().item<bool>()) << "the product wrote beyond its end";
}

TEST_P(MatrixKernelsTest, ProductsOfAllShapesAndLayoutsEqualDoublePrecision) {
  at::manual_seed(1);
  for (const int64_t m : {1, 2, 5, 6, 7, 13, 64})
    for (const int64_t n : {1, 3, 8, 15, 16, 17, 31, 48, 63, 65, 130})
      for (const int64_t depth : {1, 2, 3, 33})
        for (const bool a_transposed : {false, true})
          for (const bool b_transposed : {false, true})
            for (const bool add : {false, true}) {
              SCOPED_TRACE(testing::Message()
                           << m << " x " << n << ", depth " << depth << (add ? ", added" : "")
                           << (a_transposed ? ", A transposed" : "")
                           << (b_transposed ? ", B transposed" : ""));
              expect_product(inside_of_larger(m, depth, a_transposed),
                             inside_of_larger(depth, n, b_transposed), add);
              if (HasFatalFailure()) return;
            }
}

TEST_P(MatrixKernelsTest, SumsOverAllBlocksOfADeepProduct) {
  at::manual_seed(2);
  for (const bool transposed : {false, true})
    expect_product(inside_of_larger(9, 3000, transposed), inside_of_larger(3000, 21, transposed),
                   true);
}

INSTANTIATE_TEST_SUITE_P(EachInstructionSet, MatrixKernelsTest,
                         testing::ValuesIn(instruction_sets()),
                         [](const auto& set) { return to_string(set.param); });

}  // namespace
}  // namespace heed
