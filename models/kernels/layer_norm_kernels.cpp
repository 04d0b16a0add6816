#include "models/kernels/layer_norm.h"

#include "models/kernels/vector.h"

namespace heed::HEED_ISA {
namespace {

// Lanes beyond a row's end read as zero, which is not the row's mean: they are not to be counted.
inline Vector present(Vector v, int64_t count) {
  for (int64_t i = count; i < lanes; ++i) v[i] = 0;
  return v;
}

void forward(const LayerNormRows& norm, const float* input, int64_t rows, float* output,
             float* statistics) {
  const int64_t width = norm.width;
  for (int64_t i = 0; i < rows; ++i) {
    const float* x = input + i * width;
    float* y = output + i * width;
    Vector total = {};
    if (norm.centred) along(width, [&](int64_t j, int64_t count) { total += read(x + j, count); });
    const float mean = sum(total) / (float)width;
    Vector squares = {};
    along(width, [&](int64_t j, int64_t count) {
      const Vector centred = read(x + j, count) - mean;
      squares += count == lanes ? centred * centred : present(centred * centred, count);
    });
    const float inverse = 1 / __builtin_sqrtf(sum(squares) / (float)width + norm.epsilon);
    along(width, [&](int64_t j, int64_t count) {
      Vector v = (read(x + j, count) - mean) * inverse * read(norm.gain + j, count);
      if (norm.bias) v += read(norm.bias + j, count);
      write(y + j, v, count);
    });
    statistics[2 * i] = mean;
    statistics[2 * i + 1] = inverse;
  }
}

// dx = (g - mean(g) - n mean(g n)) / s with g = dy * gain, n the normalised input; without mean(g)
// where no mean was taken off (models/layer_norm.cpp).
void backward(const LayerNormRows& norm, const float* outer, const float* input,
              const float* statistics, int64_t rows, const float* added, float* input_gradient,
              float* gain_gradient, float* bias_gradient) {
  const int64_t width = norm.width;
  for (int64_t i = 0; i < rows; ++i) {
    const float *dy = outer + i * width, *x = input + i * width;
    const float mean = statistics[2 * i], inverse = statistics[2 * i + 1];
    Vector total = {}, slopes = {};
    along(width, [&](int64_t j, int64_t count) {
      const Vector d = read(dy + j, count), n = (read(x + j, count) - mean) * inverse;
      const Vector g = d * read(norm.gain + j, count);
      total += g;
      slopes += g * n;
      write(gain_gradient + j, read(gain_gradient + j, count) + d * n, count);
      if (bias_gradient) write(bias_gradient + j, read(bias_gradient + j, count) + d, count);
    });
    const float level = norm.centred ? sum(total) / (float)width : 0;
    const float slope = sum(slopes) / (float)width;
    along(width, [&](int64_t j, int64_t count) {
      const Vector n = (read(x + j, count) - mean) * inverse;
      const Vector g = read(dy + j, count) * read(norm.gain + j, count);
      Vector dx = (g - level - n * slope) * inverse;
      if (added) dx += read(added + i * width + j, count);
      write(input_gradient + i * width + j, dx, count);
    });
  }
}

}  // namespace

const LayerNormKernels layer_norm_kernels = {.forward = forward, .backward = backward};

}  // namespace heed::HEED_ISA
