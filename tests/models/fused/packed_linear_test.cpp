#include "models/fused/packed_linear.h"

#include <ATen/Parallel.h>

#include <gtest/gtest.h>

#include "models/dispatch.h"
#include "models/fused/kernels/instruction_set.h"
#include "tests/models/closeness.h"

namespace heed {
namespace {

class PackedLinearTest : public testing::TestWithParam<InstructionSet> {
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
INSTANTIATE_TEST_SUITE_P(EachInstructionSet, PackedLinearTest,
                         testing::ValuesIn(instruction_sets()),
                         [](const auto& set) { return to_string(set.param); });

const float* in(const at::Tensor& t) { return t.const_data_ptr<float>(); }
float* out(const at::Tensor& t) { return t.mutable_data_ptr<float>(); }

TEST_P(PackedLinearTest, OutputsAndGradientsAreThoseOfTheFormulas) {
  for (const int64_t rows : {1, 5, 61, 150})
    for (const int64_t width : {1, 13, 64})
      for (const int64_t answers : {1, 7, 100})
        for (const bool with_bias : {false, true}) {
          SCOPED_TRACE(testing::Message() << rows << " x " << width << " -> " << answers);
          const auto weight = at::randn({answers, width}), x = at::randn({rows, width}),
                     dy = at::randn({rows, answers});
          const auto bias = with_bias ? at::randn({answers}) : at::Tensor();
          const auto packed = make_packed_linear(weight, bias, /*bf16=*/false);
          packed->prepare_forward();
          packed->prepare_backward();
          const auto y = at::linear(x, weight, bias);

          const auto output = at::full({rows, answers}, 3.0f);
          packed->forward(in(x), rows, out(output), /*add=*/false);
          EXPECT_TRUE(close(output, y, 1e-4));
          output.fill_(3);
          packed->forward(in(x), rows, out(output), /*add=*/true);
          EXPECT_TRUE(close(output, y + 3, 1e-4));

          const auto dx = at::empty({rows, width});
          packed->input_gradient(in(dy), rows, out(dx));
          EXPECT_TRUE(close(dx, at::matmul(dy, weight), 1e-4));
          EXPECT_TRUE(close(weight_gradient(*packed, dy, x), at::matmul(dy.t(), x), 1e-4));
          if (with_bias)
            EXPECT_TRUE(close(bias_gradient(bias, dy), dy.sum(0), 1e-4));
          else
            EXPECT_FALSE(bias_gradient(bias, dy).defined());
        }
}

// A packed layer computes rows one block after the other, on whatever thread.
TEST_P(PackedLinearTest, RowsAreIndependent) {
  const auto weight = at::randn({10, 20}), bias = at::randn({10}), x = at::randn({40, 20});
  const auto packed = make_packed_linear(weight, bias, false);
  packed->prepare_forward();
  const auto whole = at::empty({40, 10}), parts = at::empty({40, 10});
  packed->forward(in(x), 40, out(whole), false);
  at::parallel_for(0, 40, 1, [&](int64_t begin, int64_t end) {
    packed->forward(in(x) + begin * 20, end - begin, out(parts) + begin * 10, false);
  });
  EXPECT_TRUE(close(parts, whole, 1e-6));
}

TEST(PackedLinearBf16Test, ProductsAreThoseOfRoundedOperands) {
  if (!bfloat16_products_available()) GTEST_SKIP() << "this CPU has no avx512_bf16";
  at::manual_seed(1);
  const auto rounded = [](const at::Tensor& t) { return t.to(at::kBFloat16).to(at::kFloat); };
  for (const int64_t rows : {1, 61})
    for (const int64_t width : {1, 13, 64}) {
      const auto weight = at::randn({9, width}), bias = at::randn({9}),
                 x = at::randn({rows, width}), dy = at::randn({rows, 9});
      const auto packed = make_packed_linear(weight, bias, /*bf16=*/true);
      packed->prepare_forward();
      packed->prepare_backward();
      const auto output = at::empty({rows, 9}), dx = at::empty({rows, width});
      packed->forward(in(x), rows, out(output), false);
      EXPECT_TRUE(close(output, at::linear(rounded(x), rounded(weight), bias), 1e-4));
      packed->input_gradient(in(dy), rows, out(dx));
      EXPECT_TRUE(close(dx, at::matmul(rounded(dy), rounded(weight)), 1e-4));
      EXPECT_TRUE(
          close(weight_gradient(*packed, dy, x), at::matmul(rounded(dy).t(), rounded(x)), 1e-4));
    }
}

#if defined(__x86_64__) && !defined(__clang__)
// Clang 16 cannot compile them.
TEST(Bfloat16Products, AreAvailableWhereTheCpuHasThem) {
  if (!__builtin_cpu_supports("avx512bf16")) GTEST_SKIP() << "this CPU has no avx512_bf16";
  EXPECT_TRUE(bfloat16_products_available());
}
#endif

}  // namespace
}  // namespace heed
