#include "models/fused/kernels/activation.h"

#include "models/fused/kernels/vector.h"

namespace heed::HEED_ISA {
namespace {

// One point of a curve: its value and its derivative.
struct Point {
  Vector value, derivative;
};

// Phi(x) = (1 + erf(x / sqrt 2)) / 2, and its derivative e^(-x^2 / 2) / sqrt(2 pi), which the error
// function needs anyway.
struct Gelu {
  static Point at(Vector x) {
    constexpr float root_half = 0.70710678f, density = 0.39894228f;
    const Vector bell = exp_nonpositive(x * x * -0.5f);
    const Vector phi = 0.5f + 0.5f * error_function(x * root_half, bell);
    return {x * phi, phi + x * bell * density};
  }
};

// Written so that NaN stays NaN.
struct Relu {
  static Point at(Vector x) { return {x < 0 ? all(0) : x, x > 0 ? all(1) : all(0)}; }
};

struct SquaredRelu {
  static Point at(Vector x) {
    const Vector positive = x < 0 ? all(0) : x;
    return {positive * positive, positive + positive};
  }
};

template <class Curve>
void activation(const float* input, int64_t count, float* output, float* derivative) {
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    const Point point = Curve::at(load(input + i));
    store(output + i, point.value);
    if (derivative) store(derivative + i, point.derivative);
  }
  if (i == count) return;
  const Point point = Curve::at(load_first(input + i, count - i));
  store_first(output + i, point.value, count - i);
  if (derivative) store_first(derivative + i, point.derivative, count - i);
}

void multiply(const float* derivative, int64_t count, float* gradient) {
  along(count, [&](int64_t i, int64_t there) {
    write(gradient + i, read(gradient + i, there) * read(derivative + i, there), there);
  });
}

}  // namespace

const ActivationKernels activation_kernels = {.gelu = activation<Gelu>,
                                              .relu = activation<Relu>,
                                              .squared_relu = activation<SquaredRelu>,
                                              .multiply = multiply};

}  // namespace heed::HEED_ISA
