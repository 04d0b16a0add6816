#pragma once

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <string>

namespace heed {

/// Same shape, no NaN, and nowhere further apart than `tolerance`.
inline ::testing::AssertionResult close(const at::Tensor& actual, const at::Tensor& expected,
                                        double tolerance) {
  if (!actual.defined() || !expected.defined())
    return ::testing::AssertionFailure() << "undefined tensor";
  if (actual.sizes() != expected.sizes())
    return ::testing::AssertionFailure()
           << "shape " << actual.sizes() << ", expected " << expected.sizes();
  if (actual.numel() == 0) return ::testing::AssertionSuccess();
  const auto difference = (actual.to(at::kDouble) - expected.to(at::kDouble)).abs().flatten();
  const auto largest = difference.max().item<double>();
  if (largest <= tolerance) return ::testing::AssertionSuccess();
  const auto where = difference.argmax().item<int64_t>();
  return ::testing::AssertionFailure()
         << "differs by " << largest << " (allowed " << tolerance << ") at flat index " << where
         << ": got " << actual.flatten()[where].item<double>() << ", expected "
         << expected.flatten()[where].item<double>();
}

constexpr double output_tolerance = 1e-10;
constexpr double gradient_tolerance = 1e-8;

inline at::Tensor random_input(at::IntArrayRef sizes) {
  return at::randn(sizes, at::kDouble).set_requires_grad(true);
}

/// A scalar that weighs every element differently, so that a gradient in the wrong place shows.
inline at::Tensor weighed_sum(const at::Tensor& output) {
  const auto weights = at::linspace(-1, 1, output.numel(), output.options().requires_grad(false));
  return (output * weights.view(output.sizes()).cos()).sum();
}

}  // namespace heed
