#include "models/kernels/layer_norm.h"

#include "models/kernels/vector.h"

namespace heed::HEED_ISA {
namespace {

/// Calls work(offset, count) for each vector of a row; count < lanes in the last one alone.
template <class Work>
inline void along(int64_t width, Work work) {
  int64_t j = 0;
  for (; j + lanes <= width; j += lanes) work(j, lanes);
  if (j < width) work(j, width - j);
}

inline Vector read(const float* from, int64_t count) {
  return count == lanes ? load(from) : load_first(from, count);
}

inline void write(float* to, Vector v, int64_t count) {
  if (count == lanes)
    store(to, v);
  else
    store_first(to, v, count);
}

// Lanes beyond a row's end read as zero, which is not the row's mean: they are not to be counted.
inline Vector present(Vector v, int64_t count) {
  for (int64_t i = count; i < lanes; ++i) v[i] = 0;
  return v;
}

void forward(const float* input, const float* gain, const float* bias, int64_t rows, int64_t width,
             float epsilon, float* output, float* statistics) {
  for (int64_t i = 0; i < rows; ++i) {
    const float* x = input + i * width;
    float* y = output + i * width;
    Vector total = {};
    along(width, [&](int64_t j, int64_t count) { total += read(x + j, count); });
    const float mean = sum(total) / (float)width;
    Vector squares = {};
    along(width, [&](int64_t j, int64_t count) {
      const Vector centred = read(x + j, count) - mean;
      squares += count == lanes ? centred * centred : present(centred * centred, count);
    });
    const float inverse = 1 / __builtin_sqrtf(sum(squares) / (float)width + epsilon);
    along(width, [&](int64_t j, int64_t count) {
      Vector v = (read(x + j, count) - mean) * inverse * read(gain + j, count);
      if (bias) v += read(bias + j, count);
      write(y + j, v, count);
    });
    statistics[2 * i] = mean;
    statistics[2 * i + 1] = inverse;
  }
}

// dx = (g - mean(g) - n mean(g n)) / s with g = dy * gain, n the normalised input (see
// models/layer_norm.cpp).
void backward(const float* outer, const float* input, const float* statistics, const float* gain,
              int64_t rows, int64_t width, float* input_gradient, float* gain_gradient,
              float* bias_gradient) {
  for (int64_t i = 0; i < rows; ++i) {
    const float *dy = outer + i * width, *x = input + i * width;
    const float mean = statistics[2 * i], inverse = statistics[2 * i + 1];
    Vector total = {}, slopes = {};
    along(width, [&](int64_t j, int64_t count) {
      const Vector d = read(dy + j, count), n = (read(x + j, count) - mean) * inverse;
      const Vector g = d * read(gain + j, count);
      total += g;
      slopes += g * n;
      write(gain_gradient + j, read(gain_gradient + j, count) + d * n, count);
      if (bias_gradient) write(bias_gradient + j, read(bias_gradient + j, count) + d, count);
    });
    const float level = sum(total) / (float)width, slope = sum(slopes) / (float)width;
    along(width, [&](int64_t j, int64_t count) {
      const Vector n = (read(x + j, count) - mean) * inverse;
      const Vector g = read(dy + j, count) * read(gain + j, count);
      write(input_gradient + i * width + j, (g - level - n * slope) * inverse, count);
    });
  }
}

}  // namespace

const LayerNormKernels layer_norm_kernels = {.forward = forward, .backward = backward};

}  // namespace heed::HEED_ISA
