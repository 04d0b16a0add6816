#include "models/fused/kernels/layer_norm.h"

#include "models/fused/kernels/vector.h"

namespace heed::HEED_ISA {
namespace {

// Lanes beyond a row's end read as zero instead of the row's mean, so they must not count.
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
      Vector v = (read(x + j, count) - mean) * inverse * read(norm.weight + j, count);
      if (norm.bias) v += read(norm.bias + j, count);
      write(y + j, v, count);
    });
    statistics[2 * i] = mean;
    statistics[2 * i + 1] = inverse;
  }
}

// dx = (g - mean(g) - n mean(g n)) / s with g = dy * weight, n the normalised input; without
// mean(g) where no mean was taken off (models/layers/layer_norm.cpp). `together` rows at a time:
// the sums over rows are read and written once for them.
template <int together>
inline void backward_rows(const LayerNormRows& norm, const float* outer, const float* input,
                          const float* statistics, const float* added, float* input_gradient,
                          float* weight_gradient, float* bias_gradient) {
  const int64_t width = norm.width;
  float mean[together], inverse[together];
  for (int i = 0; i < together; ++i) {
    mean[i] = statistics[2 * i];
    inverse[i] = statistics[2 * i + 1];
  }
  Vector totals[together] = {}, products[together] = {};
  along(width, [&](int64_t j, int64_t count) {
    const Vector weight = read(norm.weight + j, count);
    Vector weight_sums = read(weight_gradient + j, count);
    Vector biases = bias_gradient ? read(bias_gradient + j, count) : Vector{};
    for (int i = 0; i < together; ++i) {
      const Vector d = read(outer + i * width + j, count);
      const Vector dn = d * ((read(input + i * width + j, count) - mean[i]) * inverse[i]);
      totals[i] += d * weight;
      products[i] += dn * weight;
      weight_sums += dn;
      biases += d;
    }
    write(weight_gradient + j, weight_sums, count);
    if (bias_gradient) write(bias_gradient + j, biases, count);
  });
  float level[together], mean_product[together];
  for (int i = 0; i < together; ++i) {
    level[i] = norm.centred ? sum(totals[i]) / (float)width : 0;
    mean_product[i] = sum(products[i]) / (float)width;
  }
  along(width, [&](int64_t j, int64_t count) {
    const Vector weight = read(norm.weight + j, count);
    for (int i = 0; i < together; ++i) {
      const int64_t at = i * width + j;
      const Vector n = (read(input + at, count) - mean[i]) * inverse[i];
      Vector dx = (read(outer + at, count) * weight - level[i] - n * mean_product[i]) * inverse[i];
      if (added) dx += read(added + at, count);
      write(input_gradient + at, dx, count);
    }
  });
}

void backward(const LayerNormRows& norm, const float* outer, const float* input,
              const float* statistics, int64_t rows, const float* added, float* input_gradient,
              float* weight_gradient, float* bias_gradient) {
  constexpr int together = 4;
  for (int64_t i = 0; i < rows;) {
    const int64_t at = i * norm.width;
    const auto run = rows - i >= together ? backward_rows<together> : backward_rows<1>;
    run(norm, outer + at, input + at, statistics + 2 * i, added ? added + at : nullptr,
        input_gradient + at, weight_gradient, bias_gradient);
    i += rows - i >= together ? together : 1;
  }
}

}  // namespace

const LayerNormKernels layer_norm_kernels = {.forward = forward, .backward = backward};

}  // namespace heed::HEED_ISA
