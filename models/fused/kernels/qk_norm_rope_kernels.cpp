#include "models/fused/kernels/qk_norm_rope.h"

#include "models/fused/kernels/vector.h"

namespace heed::HEED_ISA {
namespace {

// (x, y) -> (x cos - y sin, x sin + y cos), and back with `direction` -1.
inline Vector rotated(Vector v, const QkNormRope& parameters, int64_t j, int64_t count,
                      float direction) {
  if (!parameters.cosine) return v;
  return v * read(parameters.cosine + j, count) +
         lanes_across<1>(v) * read(parameters.sine + j, count) * direction;
}

void forward(const QkNormRope& parameters, const float* from, float* to, float* inverses) {
  for (int64_t h = 0; h < parameters.heads; ++h) {
    const float* x = from + h * parameters.width;
    Vector squares = {};
    if (parameters.normalised)
      along(parameters.width, [&](int64_t j, int64_t count) {
        const Vector v = read(x + j, count);
        squares += v * v;
      });
    const float inverse =
        parameters.normalised
            ? 1 / __builtin_sqrtf(sum(squares) / (float)parameters.width + parameters.epsilon)
            : 1;
    const float factor = inverse * (parameters.scale ? parameters.scale[h] : 1);
    along(parameters.width, [&](int64_t j, int64_t count) {
      write(to + h * parameters.width + j,
            rotated(read(x + j, count) * factor, parameters, j, count, 1), count);
    });
    inverses[h] = inverse;
  }
}

// With n = x / s, y = R n a for the scale a, and g = R^T dy: da = g . n, and
// dx = (a g - n mean(a g n)) / s, as for layer norm without its mean.
void backward(const QkNormRope& parameters, const float* outer, const float* from,
              const float* inverses, float* gradient, float* scale_gradient) {
  for (int64_t h = 0; h < parameters.heads; ++h) {
    const float *dy = outer + h * parameters.width, *x = from + h * parameters.width;
    float* dx = gradient + h * parameters.width;
    Vector products = {};
    along(parameters.width, [&](int64_t j, int64_t count) {
      const Vector g = rotated(read(dy + j, count), parameters, j, count, -1);
      products += g * read(x + j, count);
      write(dx + j, g, count);
    });
    const float inverse = inverses[h], scale = parameters.scale ? parameters.scale[h] : 1;
    const float along_n = sum(products) * inverse;  // g . n
    if (parameters.scale) scale_gradient[h] += along_n;
    const float mean_product =
        parameters.normalised ? along_n * scale / (float)parameters.width * inverse : 0;
    along(parameters.width, [&](int64_t j, int64_t count) {
      const Vector g = read(dx + j, count) * scale;
      write(dx + j, (g - read(x + j, count) * mean_product) * inverse, count);
    });
  }
}

}  // namespace

const QkNormRopeKernels qk_norm_rope_kernels = {.forward = forward, .backward = backward};

}  // namespace heed::HEED_ISA
