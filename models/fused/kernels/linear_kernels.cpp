#include "models/fused/kernels/linear.h"

#include "models/fused/kernels/vector.h"

namespace heed::HEED_ISA {
namespace {

float dot(const float* a, const float* b, int64_t depth) {
  Vector sums[2] = {};
  int64_t k = 0;
  for (; k + 2 * lanes <= depth; k += 2 * lanes) {
    sums[0] += load(a + k) * load(b + k);
    sums[1] += load(a + k + lanes) * load(b + k + lanes);
  }
  for (; k + lanes <= depth; k += lanes) sums[0] += load(a + k) * load(b + k);
  if (k < depth) sums[1] += load_first(a + k, depth - k) * load_first(b + k, depth - k);
  return sum(sums[0] + sums[1]);
}

// Four rows at a time: four chains of sums, and the input is read once for them.
void row(const float* input, const float* weight, const float* bias, int64_t depth, int64_t first,
         int64_t last, float* output) {
  constexpr int64_t together = 4;
  int64_t o = first;
  for (; o + together <= last; o += together) {
    const float* rows = weight + o * depth;
    Vector sums[together] = {};
    int64_t k = 0;
    for (; k + lanes <= depth; k += lanes) {
      const Vector x = load(input + k);
      for (int64_t i = 0; i < together; ++i) sums[i] += x * load(rows + i * depth + k);
    }
    if (k < depth) {
      const Vector x = load_first(input + k, depth - k);
      for (int64_t i = 0; i < together; ++i)
        sums[i] += x * load_first(rows + i * depth + k, depth - k);
    }
    for (int64_t i = 0; i < together; ++i)
      output[o - first + i] = sum(sums[i]) + (bias ? bias[o + i] : 0);
  }
  for (; o < last; ++o)
    output[o - first] = dot(input, weight + o * depth, depth) + (bias ? bias[o] : 0);
}

void add_to_rows(const float* row, int64_t rows, int64_t width, float* to) {
  for (int64_t i = 0; i < rows; ++i, to += width)
    along(width, [&](int64_t j, int64_t count) {
      write(to + j, read(to + j, count) + read(row + j, count), count);
    });
}

void column_sums(const float* from, int64_t rows, int64_t columns, bool add, float* sums) {
  for (int64_t j = 0; j < columns; j += lanes) {
    const int64_t count = columns - j < lanes ? columns - j : lanes;
    const bool whole = count == lanes;
    Vector total = add ? load_first(sums + j, count) : Vector{};
    for (int64_t i = 0; i < rows; ++i) {
      const float* at = from + i * columns + j;
      total += whole ? load(at) : load_first(at, count);
    }
    store_first(sums + j, total, count);
  }
}

}  // namespace

const LinearKernels linear_kernels = {
    .row = row, .add_to_rows = add_to_rows, .column_sums = column_sums};

}  // namespace heed::HEED_ISA
