#include "train/optimizers/newton_schulz.h"

#include <cmath>

#include "tests/models/closeness.h"

namespace heed {
namespace {

// U, S, V^T of each matrix in double precision.
std::tuple<at::Tensor, at::Tensor, at::Tensor> decomposed(const at::Tensor& matrices) {
  return at::linalg_svd(matrices.to(at::kDouble), /*full_matrices=*/false);
}

at::Tensor singular_values(const at::Tensor& matrices) { return std::get<1>(decomposed(matrices)); }

TEST(NewtonSchulz, TheClosestPolynomialTouchesItsBoundsFourTimesAndNeverLeavesThem) {
  for (const double low : {0.01, 0.1, 0.4})
    for (const double high : {1.0, 1.3, 1.9}) {
      const auto p = closest_to_one(low, high);
      const double error = 1 - p(low);
      EXPECT_NEAR(p(high) - 1, error, 1e-12);
      double least = 2, most = 0;
      for (int i = 0; i <= 1000; ++i) {
        const double x = low + (high - low) * i / 1000;
        EXPECT_LE(std::abs(p(x) - 1), error + 1e-12);
        if (i > 0) least = std::min(least, p(x));
        if (i < 1000) most = std::max(most, p(x));
      }
      EXPECT_NEAR(least, 1 - error, 1e-3);
      EXPECT_NEAR(most, 1 + error, 1e-3);
    }
}

TEST(NewtonSchulz, MoreStepsReachSmallerSingularValues) {
  const std::vector<double> floors = {0.17, 0.042, 0.0105, 0.0026, 0.00065};
  for (size_t i = 0; i < floors.size(); ++i) {
    const auto polynomials = polar_polynomials(static_cast<int64_t>(i) + 1);
    ASSERT_EQ(polynomials.size(), i + 1);
    for (double x = floors[i]; x <= 1; x += 1e-3) {
      double y = x;
      for (const auto& p : polynomials) y = p(y);
      EXPECT_NEAR(y, 1, polar_tolerance + 1e-9) << i + 1 << " steps from " << x;
    }
  }
}

TEST(NewtonSchulz, SingularValuesOfRandomMatricesComeNearToOne) {
  at::manual_seed(1);
  const auto polynomials = polar_polynomials(5);
  const std::vector<std::vector<int64_t>> shapes = {
      {3, 16, 16}, {2, 40, 10}, {2, 10, 40}, {1, 5, 1}};
  for (const auto& shape : shapes)
    for (const auto type : {at::kDouble, at::kFloat, at::kBFloat16}) {
      const auto matrices = at::randn(shape, at::kDouble);
      const auto result = orthogonalise(matrices.to(at::kFloat) * 1e-4, polynomials, type);
      EXPECT_EQ(result.scalar_type(), type);
      // Only a square one may have values below what five steps reach.
      const auto values = singular_values(result), all = singular_values(matrices);
      const auto reached = all > all.amax() * 0.01;
      EXPECT_GT(reached.sum().item<int64_t>(), reached.numel() - 4);
      const double rounding = type == at::kBFloat16 ? 0.05 : 1e-4;
      EXPECT_LE((values.masked_select(reached) - 1).abs().max().item<double>(),
                polar_tolerance + rounding)
          << at::IntArrayRef(shape) << " in " << toString(type);
    }
}

TEST(NewtonSchulz, TheVectorsStayAndFurtherStepsReachThePolarFactor) {
  at::manual_seed(2);
  const std::vector<std::vector<int64_t>> shapes = {{3, 8, 8}, {2, 12, 5}, {2, 5, 12}};
  for (const auto& shape : shapes) {
    const auto matrices = at::randn(shape, at::kDouble);
    const auto [u, s, vt] = decomposed(matrices);
    auto polynomials = polar_polynomials(5);
    const auto turned =
        at::matmul(at::matmul(u.transpose(1, 2), orthogonalise(matrices, polynomials, at::kDouble)),
                   vt.transpose(1, 2));
    EXPECT_TRUE(close(turned, at::diag_embed(turned.diagonal(0, 1, 2)), 1e-9));
    for (int i = 0; i < 8; ++i) polynomials.push_back({.a = 1.875, .b = -1.25, .c = 0.375});
    EXPECT_TRUE(close(orthogonalise(matrices, polynomials, at::kDouble), at::matmul(u, vt), 1e-9));
  }
}

TEST(NewtonSchulz, ZerosStayZerosBesideOtherMatrices) {
  at::manual_seed(3);
  auto matrices = at::randn({2, 4, 6});
  matrices[0].zero_();
  for (const auto type : {at::kFloat, at::kBFloat16}) {
    const auto result = orthogonalise(matrices, polar_polynomials(3), type);
    EXPECT_TRUE(result[0].equal(at::zeros({4, 6}, type)));
    EXPECT_TRUE(result.isfinite().all().item<bool>());
    EXPECT_GT(result[1].norm().item<double>(), 1.2);
  }
}

}  // namespace
}  // namespace heed
