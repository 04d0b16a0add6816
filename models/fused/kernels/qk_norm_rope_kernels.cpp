#include "models/fused/kernels/qk_norm_rope.h"

#include "models/fused/kernels/vector.h"

namespace heed::HEED_ISA {
namespace {

// (x, y) -> (x cos - y sin, x sin + y cos), and back with `direction` -1.
inline Vector turned(Vector v, const HeadTurn& turn, int64_t j, int64_t count, float direction) {
  if (!turn.cosine) return v;
  return v * read(turn.cosine + j, count) +
         lanes_across<1>(v) * read(turn.sine + j, count) * direction;
}

void forward(const HeadTurn& turn, const float* from, float* to, float* inverses) {
  for (int64_t h = 0; h < turn.heads; ++h) {
    const float* x = from + h * turn.width;
    Vector squares = {};
    if (turn.normalised)
      along(turn.width, [&](int64_t j, int64_t count) {
        const Vector v = read(x + j, count);
        squares += v * v;
      });
    const float inverse =
        turn.normalised ? 1 / __builtin_sqrtf(sum(squares) / (float)turn.width + turn.epsilon) : 1;
    const float factor = inverse * (turn.scale ? turn.scale[h] : 1);
    along(turn.width, [&](int64_t j, int64_t count) {
      write(to + h * turn.width + j, turned(read(x + j, count) * factor, turn, j, count, 1), count);
    });
    inverses[h] = inverse;
  }
}

// With n = x / s, y = R n a for the scale a, and g = R^T dy: da = g . n, and
// dx = (a g - n mean(a g n)) / s, as for layer norm without its mean.
void backward(const HeadTurn& turn, const float* outer, const float* from, const float* inverses,
              float* gradient, float* scale_gradient) {
  for (int64_t h = 0; h < turn.heads; ++h) {
    const float *dy = outer + h * turn.width, *x = from + h * turn.width;
    float* dx = gradient + h * turn.width;
    Vector products = {};
    along(turn.width, [&](int64_t j, int64_t count) {
      const Vector g = turned(read(dy + j, count), turn, j, count, -1);
      products += g * read(x + j, count);
      write(dx + j, g, count);
    });
    const float inverse = inverses[h], scale = turn.scale ? turn.scale[h] : 1;
    const float along_n = sum(products) * inverse;  // g . n
    if (turn.scale) scale_gradient[h] += along_n;
    const float slope = turn.normalised ? along_n * scale / (float)turn.width * inverse : 0;
    along(turn.width, [&](int64_t j, int64_t count) {
      const Vector g = read(dx + j, count) * scale;
      write(dx + j, (g - read(x + j, count) * slope) * inverse, count);
    });
  }
}

}  // namespace

const HeadTurnKernels head_turn_kernels = {.forward = forward, .backward = backward};

}  // namespace heed::HEED_ISA
