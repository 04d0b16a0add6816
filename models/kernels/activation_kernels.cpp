#include "models/kernels/activation.h"

#include "models/kernels/vector.h"

namespace heed::HEED_ISA {
namespace {

// Phi(x) = (1 + erf(x / sqrt 2)) / 2, and its derivative e^(-x^2 / 2) / sqrt(2 pi), which the error
// function needs anyway.
void gelu(const float* input, int64_t count, float* output, float* slope) {
  constexpr float root_half = 0.70710678f, density = 0.39894228f;
  const auto one = [&](Vector x, Vector& y, Vector& derivative) {
    const Vector bell = exponential(x * x * -0.5f);
    const Vector phi = 0.5f + 0.5f * error_function(x * root_half, bell);
    y = x * phi;
    derivative = phi + x * bell * density;
  };
  int64_t i = 0;
  Vector y, derivative;
  for (; i + lanes <= count; i += lanes) {
    one(load(input + i), y, derivative);
    store(output + i, y);
    if (slope) store(slope + i, derivative);
  }
  if (i == count) return;
  one(load_first(input + i, count - i), y, derivative);
  store_first(output + i, y, count - i);
  if (slope) store_first(slope + i, derivative, count - i);
}

}  // namespace

const ActivationKernels activation_kernels = {.gelu = gelu};

}  // namespace heed::HEED_ISA
